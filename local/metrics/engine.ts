import { join } from 'node:path';
import { jsonService } from '../aws/json-service.ts';
import type { EngineHost, MetricsEngine } from '../engines.ts';
import { Alarms } from './alarms.ts';
import { derivedMetrics } from './derived-metrics.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { MetricStore } from './metric-store.ts';
import { OPERATIONS } from './operations/index.ts';

/** A runtime that is killed loses what it measured since the last of these. */
const SAVE_MILLISECONDS = 10_000;
/** AWS looks once a minute; whoever waits for an alarm at a terminal should not. */
const EVALUATE_MILLISECONDS = 5000;

export interface MetricsEngineOptions {
  readonly now?: () => number;
}

/** CloudWatch's metrics and alarms on this machine. */
export function createMetricsEngine(
  host: Pick<EngineHost, 'state' | 'logs' | 'engines'>,
  { now = Date.now }: MetricsEngineOptions = {},
): MetricsEngine {
  const directory = join(host.state, 'metrics');
  const log = host.logs('alarms');
  const store = new MetricStore(directory, now);
  const derived = derivedMetrics(() => host.engines);
  const minutes = async (metric: Parameters<typeof derived.minutes>[0]) =>
    (await derived.minutes(metric)) ?? store.minutes(metric);
  const alarms = new Alarms(directory, { minutes, now, log });
  const timers: NodeJS.Timeout[] = [];
  let working: Promise<unknown> = Promise.resolve();

  const every = (milliseconds: number, work: () => Promise<void>) => {
    const run = () => {
      working = working.then(work).catch((error: Error) => log.error('metrics failed', { reason: error.message }));
    };
    timers.push(setInterval(run, milliseconds));
  };

  return {
    services: [
      jsonService({
        signingName: 'monitoring',
        version: '1.0',
        operations: OPERATIONS,
        context: { store, alarms, minutes, derived: derived.list, now },
      }),
    ],
    record: (metric, value, at) => store.add(metric, value, at),
    readLine(line) {
      for (const { metric, values, at } of embeddedMetrics(line)) {
        for (const value of values) store.add(metric, value, at);
      }
    },
    applyAlarm: (definition) => alarms.apply(definition),
    removeAlarm: (name) => alarms.remove(name),
    async start() {
      store.load();
      alarms.load();
    },
    async open() {
      every(SAVE_MILLISECONDS, () => store.save());
      every(EVALUATE_MILLISECONDS, () => alarms.evaluate());
    },
    async stop() {
      for (const timer of timers.splice(0)) clearInterval(timer);
      await working;
      await store.save();
    },
  };
}
