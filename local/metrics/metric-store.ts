import { join } from 'node:path';
import { stateFile } from '../state-file.ts';
import {
  type Aggregate,
  keyOf,
  type Metric,
  MINUTE,
  type Minutes,
  merged,
  metricOf,
  minuteOf,
  single,
} from './metric.ts';

/** AWS keeps minutes for 15 days; three of them are what a topic keeps by default, and fit into memory. */
const KEPT_MINUTES = 72 * 60;

type Row = readonly [minute: number, count: number, sum: number, minimum: number, maximum: number];
/** As it lies on disk: a metric's key, then its minutes. */
type Saved = readonly (readonly [key: string, rows: readonly Row[]])[];

/** What was measured, a minute at a time. Written to disk from time to time: a runtime that is killed loses the last seconds. */
export class MetricStore {
  readonly #file;
  readonly #series = new Map<string, Map<number, Aggregate>>();
  readonly #now: () => number;
  #changed = false;

  constructor(directory: string, now: () => number) {
    this.#file = stateFile<Saved>(join(directory, 'metrics.json'), []);
    this.#now = now;
  }

  load(): void {
    for (const [key, rows] of this.#file.read()) {
      const minutes = rows.map(
        ([minute, count, sum, minimum, maximum]) => [minute, { count, sum, minimum, maximum }] as const,
      );
      this.#series.set(key, new Map(minutes));
    }
  }

  /** @param at milliseconds since the epoch */
  add(metric: Metric, value: number | Aggregate, at: number = this.#now()): void {
    const key = keyOf(metric);
    const minute = minuteOf(at);
    const series = this.#series.get(key) ?? new Map<number, Aggregate>();
    series.set(minute, merged(series.get(minute), typeof value === 'number' ? single(value) : value));
    this.#series.set(key, series);
    this.#changed = true;
  }

  minutes(metric: Metric): Minutes {
    return this.#series.get(keyOf(metric)) ?? new Map();
  }

  /** Every metric of which something is kept, in the order of first use. */
  metrics(): Metric[] {
    return [...this.#series.keys()].map(metricOf);
  }

  async save(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    this.#forget(minuteOf(this.#now()) - KEPT_MINUTES * MINUTE);
    await this.#file.write(
      [...this.#series].map(([key, series]) => [
        key,
        [...series].map(([minute, { count, sum, minimum, maximum }]) => [minute, count, sum, minimum, maximum]),
      ]),
    );
  }

  #forget(before: number): void {
    for (const [key, series] of this.#series) {
      for (const minute of series.keys()) if (minute < before) series.delete(minute);
      if (series.size === 0) this.#series.delete(key);
    }
  }
}
