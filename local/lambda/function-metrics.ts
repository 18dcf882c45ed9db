import type { EngineHost } from '../engines.ts';
import { AwsError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metric } from '../metrics/metric.ts';

type Host = Pick<EngineHost, 'engines'>;

/** A log whose lines are also read for metrics in the embedded format. */
export function measured(log: Log, { engines }: Host): Log {
  return {
    ...log,
    line(text) {
      log.line(text);
      engines.metrics.readLine(text);
    },
  };
}

/** Measures one invocation, from now on. Ref: lambda/latest/dg/monitoring-metrics-types */
export function invocationMetrics({ engines }: Host, functionName: string) {
  const started = performance.now();
  const record = (name: string, value: number) => recordOf(engines, functionName, name, value);

  return {
    ended(failed: boolean, concurrent: number): void {
      record('Invocations', 1);
      record('Errors', failed ? 1 : 0);
      record('Duration', performance.now() - started);
      record('ConcurrentExecutions', concurrent);
    },
    refused(error: unknown): void {
      if (error instanceof AwsError && error.code === 'TooManyRequestsException') record('Throttles', 1);
    },
  };
}

/** Of a batch that is sent to its function: how old its last record is, in milliseconds. */
export function recordIteratorAge(engines: Host['engines'], functionName: string, age: number): void {
  recordOf(engines, functionName, 'IteratorAge', age);
}

/** Of a batch of Kafka records: how far the partition that is most behind is from its newest record. */
export function recordOffsetLag(engines: Host['engines'], functionName: string, records: number): void {
  recordOf(engines, functionName, 'OffsetLag', records);
}

const known = new Map<string, Metric>();

/** One object for one metric: what is recorded with every invocation is told apart by that. */
function metricOf(FunctionName: string, name: string): Metric {
  const key = `${FunctionName}/${name}`;
  const metric = known.get(key) ?? { namespace: 'AWS/Lambda', name, dimensions: { FunctionName } };
  known.set(key, metric);

  return metric;
}

function recordOf({ metrics }: Host['engines'], functionName: string, name: string, value: number): void {
  metrics.record(metricOf(functionName, name), value);
}
