/** A metric as CloudWatch tells metrics apart. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What is kept of the values of one minute: enough for every statistic but percentiles. */
export interface Aggregate {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Values by the beginning of their minute, in milliseconds since the epoch. */
export type Minutes = ReadonlyMap<number, Aggregate>;

export const MINUTE = 60_000;

export const STATISTICS = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'] as const;
export type Statistic = (typeof STATISTICS)[number];

const keys = new WeakMap<Metric, string>();

/** The same text for the same metric, in whatever order its dimensions are named. */
export function keyOf(metric: Metric): string {
  const known = keys.get(metric);
  if (known !== undefined) return known;
  const key = readKey(metric);
  keys.set(metric, key);

  return key;
}

function readKey({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

export function metricOf(key: string): Metric {
  const [namespace, name, dimensions] = JSON.parse(key) as [string, string, [string, string][]];

  return { namespace, name, dimensions: Object.fromEntries(dimensions) };
}

export function minuteOf(time: number): number {
  return Math.floor(time / MINUTE) * MINUTE;
}

export function single(value: number, count = 1): Aggregate {
  return { count, sum: value * count, minimum: value, maximum: value };
}

export function merged(a: Aggregate | undefined, b: Aggregate): Aggregate {
  if (a === undefined) return b;

  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
}

export function statisticOf({ count, sum, minimum, maximum }: Aggregate, statistic: Statistic): number {
  const values = { SampleCount: count, Sum: sum, Average: sum / count, Minimum: minimum, Maximum: maximum };

  return values[statistic];
}

/**
 * Minutes folded into periods that begin at multiples of the period, oldest first.
 *
 * @param start inclusive, rounded down to a whole period; `end` exclusive; milliseconds since the epoch
 */
export function periods(minutes: Minutes, start: number, end: number, periodSeconds: number): [number, Aggregate][] {
  const period = periodSeconds * 1000;
  const from = Math.floor(start / period) * period;
  const folded = new Map<number, Aggregate>();
  for (const [minute, aggregate] of minutes) {
    if (minute < from || minute >= end) continue;
    const at = Math.floor(minute / period) * period;
    folded.set(at, merged(folded.get(at), aggregate));
  }

  return [...folded].sort(([a], [b]) => a - b);
}
