import type { SentMessage } from './messages.ts';

/** What the database holds after a round. */
export interface Delivered {
  /** Numbers of the messages whose rows `History` has, in the order they were written. */
  readonly history: readonly number[];
  /** Of `State`: the number of the message that each key holds. */
  readonly state: ReadonlyMap<string, number>;
  /** Numbers of the messages in the quarantine, in the order they came. */
  readonly quarantine: readonly number[];
  /** As the positions count. */
  readonly written: number;
  readonly quarantined: number;
}

const SHOWN = 8;

/** In words, whatever is not as the source says: each message once, in the order of its key, and counted exactly. */
export function findingsIn(sent: readonly SentMessage[], delivered: Delivered, table: 'history' | 'state'): string[] {
  const good = sent.filter(({ fault }) => fault === undefined);
  const bad = sent.filter(({ fault }) => fault !== undefined);
  const keys = new Map(sent.map(({ n, key }) => [n, key]));
  const rejected = [
    ...missing('quarantine', bad, delivered.quarantine),
    ...tooMany('quarantine', delivered.quarantine, new Set(bad.map(({ n }) => n))),
  ];
  const rows =
    table === 'history'
      ? [
          ...missing('the table', good, delivered.history),
          ...tooMany('the table', delivered.history, new Set(good.map(({ n }) => n))),
          ...disordered(delivered.history, keys),
        ]
      : stale(good, delivered.state);

  return [...rows, ...rejected, ...miscounted(delivered, good.length, bad.length)];
}

function missing(where: string, wanted: readonly SentMessage[], there: readonly number[]): string[] {
  const found = new Set(there);

  return listed(
    `not in ${where}`,
    wanted.filter(({ n }) => !found.has(n)).map(({ n }) => n),
  );
}

function tooMany(where: string, there: readonly number[], wanted: ReadonlySet<number>): string[] {
  const seen = new Set<number>();
  const twice = there.filter((n) => {
    const again = seen.has(n);
    seen.add(n);

    return again;
  });

  return [
    ...listed(`more than once in ${where}`, twice),
    ...listed(
      `in ${where}, where it does not belong`,
      there.filter((n) => !wanted.has(n)),
    ),
  ];
}

function disordered(history: readonly number[], keys: ReadonlyMap<number, string>): string[] {
  const last = new Map<string | undefined, number>();
  const behind = history.filter((n) => {
    const key = keys.get(n);
    const before = last.get(key) ?? 0;
    last.set(key, Math.max(n, before));

    return n < before;
  });

  return listed('behind a later one of its key', behind);
}

function stale(good: readonly SentMessage[], state: ReadonlyMap<string, number>): string[] {
  const newest = new Map(good.map(({ n, key }) => [key, n]));
  const wrong = [...newest].filter(([key, n]) => state.get(key) !== n);
  const strange = [...state.keys()].filter((key) => !newest.has(key));

  return [
    ...wrong.slice(0, SHOWN).map(([key, n]) => `the last of ${key} is ${n}, not ${state.get(key) ?? 'nothing'}`),
    ...strange.slice(0, SHOWN).map((key) => `${key} was never sent`),
  ];
}

function miscounted({ written, quarantined }: Delivered, good: number, bad: number): string[] {
  return written === good && quarantined === bad
    ? []
    : [`counted ${written} written and ${quarantined} quarantined, of ${good} and ${bad}`];
}

function listed(what: string, numbers: readonly number[]): string[] {
  if (numbers.length === 0) {
    return [];
  }
  const more = numbers.length > SHOWN ? `, and ${numbers.length - SHOWN} more` : '';

  return [`${what}: ${numbers.slice(0, SHOWN).join(', ')}${more}`];
}
