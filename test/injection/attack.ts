import { type Form, TREASURE } from './forms.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What is attacked. */
export interface Target {
  call(form: Form, value: string): Promise<Answer>;
  /** Asks the database itself, the values bound by its own driver. */
  truth(sql: string, values: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface Finding {
  readonly form: string;
  readonly value: string;
  readonly what: string;
}

/** What a database or its driver says when a statement is not what it was meant to be. */
const DATABASE_WORDS = /SQL syntax|MariaDB|mysql|XPATH|Duplicate entry|Unknown column|truncated|errno|sqlstate/i;
/** An answer takes a few milliseconds; the hostile values sleep for 5 s. */
const SLOW_MS = 4_000;

export interface Effort {
  /**
   * So many findings of a form end it: one is proof.
   * @default - all are looked for
   */
  readonly enough?: number;
  /**
   * How many calls are under way at once.
   * @default 1
   */
  readonly lanes?: number;
}

/**
 * Calls every form with every value. Each answer must be the rows the value itself finds, or a refusal of the parameter that says nothing of the
 * database; nothing may be late; afterwards every table must hold what it held.
 */
export async function attack(
  target: Target,
  forms: readonly Form[],
  values: readonly string[],
  { enough = Number.POSITIVE_INFINITY, lanes = 1 }: Effort = {},
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const form of forms) {
    const before = await contents(target);
    const end = found.length + enough;
    for (let at = 0; at < values.length && found.length < end; at += lanes) {
      const findings = await Promise.all(values.slice(at, at + lanes).map((value) => attempt(target, form, value)));
      found.push(...findings.flat());
    }
    if (form.name === 'insert') {
      found.push(...(await misread(target, values)));
    }
    if ((await contents(target)) !== before) {
      found.push({ form: form.name, value: '(all)', what: 'a table was changed' });
    }
  }

  return found;
}

async function attempt(target: Target, form: Form, value: string): Promise<Finding[]> {
  const started = performance.now();
  const answer = await target.call(form, value);
  const late = performance.now() - started > SLOW_MS ? 'the answer was late' : undefined;
  const what = late ?? (await faultOf(target, { form, value, answer }));

  return what === undefined ? [] : [{ form: form.name, value, what }];
}

interface Attempt {
  readonly form: Form;
  readonly value: string;
  readonly answer: Answer;
}

async function faultOf(target: Target, attempt: Attempt): Promise<string | undefined> {
  const { form, value, answer } = attempt;
  if (answer.status !== 200) {
    return refusalFault(attempt);
  }
  const given = form.list === true ? listOf(value) : [value];
  const places = '?'.concat(', ?'.repeat(given.length - 1));
  const values = Array.from({ length: form.places }, () => given).flat();
  const rows = await target.truth(form.truth.replace('(?)', `(${places})`), values);
  const expected = JSON.stringify({ default: rows });

  return answer.text === expected ? undefined : `answered ${answer.text}, not ${expected}`;
}

/** Only what the declaration refuses may be refused: no number, no value. */
function refusalFault({ form, value, answer }: Attempt): string | undefined {
  const body = JSON.parse(answer.text) as { error_msg: string; error_code: string };
  const message = body.error_msg.replace(JSON.stringify(value).slice(0, 100), '');
  if (answer.text.includes(TREASURE) || DATABASE_WORDS.test(message)) {
    return `the refusal tells ${answer.text}`;
  }
  const unfit =
    form.type === 'integer' ? !/^[+-]?\d{1,15}$/.test(value) : form.list === true && listOf(value).length === 0;

  return unfit && answer.status === 400 && body.error_code === 'APIC.0106'
    ? undefined
    : `answered ${answer.status} ${body.error_code}`;
}

function listOf(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** What was inserted must be what was sent; the rows are taken out again. */
async function misread(target: Target, values: readonly string[]): Promise<Finding[]> {
  const rows = await target.truth('SELECT Text FROM Inbox', []);
  await target.truth('DELETE FROM Inbox', []);
  const kept = rows.map((row) => row['Text']);
  const lost = values.filter((value) => !kept.includes(value));
  if (lost.length === 0 && kept.length === values.length) {
    return [];
  }

  return [{ form: 'insert', value: lost[0] ?? '(all)', what: `${kept.length} rows for ${values.length} values` }];
}

async function contents(target: Target): Promise<string> {
  const tables = await target.truth(
    'SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (DATABASE()) ORDER BY 1, 2',
    [],
  );
  const rows = await Promise.all(
    ['Spaces', 'Treasure', 'Inbox'].map((table) => target.truth(`SELECT * FROM ${table} ORDER BY 1`, [])),
  );

  return JSON.stringify([tables, rows]);
}
