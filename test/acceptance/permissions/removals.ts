import { appendFileSync } from 'node:fs';
import type { RoleStatement } from './role-policies.ts';
import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

/** A statement, and the steps that asked for something which nothing else allows. */
export interface Used {
  readonly statement: RoleStatement;
  readonly steps: readonly Step[];
}

/** What became of the steps while a statement was away. */
export interface Removal {
  readonly statement: string;
  /** The step that decided. */
  readonly step: string;
  /**
   * `denied`: it was, and did not work. `works without`: no step needs the statement. `broken`: the step does not work any more now that every
   * statement is there again.
   */
  readonly outcome: 'denied' | 'works without' | 'broken';
  readonly seconds: number;
  readonly error?: string;
}

type Watched = Pick<WatchedPlatform, 'policies' | 'patience' | 'forget'>;

/** A step that meets a refusal and still is not through after this long does not go on without the right. */
const AFTER_REFUSAL_MS = 3000;
/** What does not wait by the platform's patience is left alone after so long, or, where it leaves something half done, after that. */
const STUCK_MS = 5000;
const A_LONG_TIME_MS = 60_000;
const MESSAGE_CHARACTERS = 300;

/** Takes a statement away for each of its steps, until one is denied and does not work. */
export async function remove(platform: Watched, { statement, steps }: Used): Promise<Removal> {
  const startedAt = performance.now();
  const ended = (outcome: Removal['outcome'], step: string, error?: string): Removal => ({
    ...{ statement: statement.name, step, outcome, seconds: Math.round((performance.now() - startedAt) / 100) / 10 },
    ...(error !== undefined && { error }),
  });
  for (const step of steps) {
    await platform.forget(statement.role);
    const isDenied = await statement.without(() => denied(platform, statement.role, step));
    await platform.forget(statement.role);
    const broken = step.repeat === true ? await failureOf(step) : undefined;
    if (broken !== undefined) return ended('broken', step.name, broken);
    if (isDenied) return ended('denied', step.name);
  }

  return ended('works without', steps.map(({ name }) => name).join('; '));
}

export interface RemoveAllOptions {
  /** Where each outcome is added as a line of JSON. */
  readonly file?: string;
  readonly say?: (line: string) => void;
  /** Of the first one, where there were others before. */
  readonly from?: number;
  readonly total?: number;
}

/** One after the other, whatever becomes of them; says how far it is, and how long the rest will take. */
export async function removeAll(
  platform: Watched,
  all: readonly Used[],
  { file, say = () => undefined, from = 1, total = from - 1 + all.length }: RemoveAllOptions = {},
): Promise<readonly Removal[]> {
  const removals: Removal[] = [];
  const startedAt = performance.now();
  for (const [index, used] of all.entries()) {
    const removal = await remove(platform, used);
    removals.push(removal);
    if (file !== undefined) appendFileSync(file, `${JSON.stringify({ number: from + index, ...removal })}\n`);
    const minutes = ((performance.now() - startedAt) / 60_000 / (index + 1)) * (all.length - index - 1);
    say(
      `${from + index}/${total} ${removal.outcome}, ${removal.seconds} s: ${removal.statement}\n` +
        `    by: ${removal.step}${removal.error === undefined ? '' : `\n    ${removal.error}`}\n` +
        `    about ${minutes.toFixed(1)} min left`,
    );
  }

  return removals;
}

/** What went wrong, for people: statement, step and outcome of each. */
export function faultsOf(removals: readonly Removal[]): readonly string[] {
  return removals
    .filter(({ outcome }) => outcome !== 'denied')
    .map(({ statement, step, outcome, error = '' }) => `${outcome} | ${statement} | ${step} | ${error}`);
}

async function denied({ policies, patience }: Watched, role: string, step: Step): Promise<boolean> {
  const { promise: refusal, resolve } = Promise.withResolvers<void>();
  let isDenied = false;
  const stop = policies.watch((asked) => {
    if (asked.role !== role || !asked.denied) return;
    isDenied = true;
    patience.end(AFTER_REFUSAL_MS);
    resolve();
  });
  const outcome = step.run().then(
    () => 'worked' as const,
    () => 'failed' as const,
  );
  // What leaves something half done is waited for: done again beside itself it would be undone.
  const longest = step.repeat === true ? A_LONG_TIME_MS : STUCK_MS;
  const stuck = refusal.then(() => new Promise<'stuck'>((done) => setTimeout(done, longest, 'stuck').unref()));
  const seen = await Promise.race([outcome, stuck]);
  stop();
  patience.renew();

  return isDenied && seen !== 'worked';
}

/** Why it does not work, tried twice: what it left in queues the first time may be in its way. */
async function failureOf(step: Step): Promise<string | undefined> {
  const messageOf = (cause: unknown) => String(cause).slice(0, MESSAGE_CHARACTERS);
  const first = await step.run().then(() => undefined, messageOf);

  return first === undefined ? undefined : step.run().then(() => undefined, messageOf);
}
