import type { EngineHost } from '../engines.ts';
import { AwsError } from '../errors.ts';
import type { Log } from '../log.ts';

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

function recordOf({ metrics }: Host['engines'], FunctionName: string, name: string, value: number): void {
  metrics.record({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName } }, value);
}
