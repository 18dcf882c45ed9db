import type { Engines } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { type Metric, type Minutes, minuteOf, single } from './metric.ts';

export interface DerivedMetrics {
  /** Undefined for a metric that is measured, not derived. */
  minutes(metric: Metric): Promise<Minutes | undefined>;
  list(): Promise<readonly Metric[]>;
}

const STREAM_METRICS = ['IncomingRecords', 'IncomingBytes'] as const;

/**
 * Metrics that are never written down twice. What came into a stream is counted from its own log, so that the count and the records are
 * one, whatever kills the runtime. How many objects a bucket holds is looked up when asked.
 */
export function derivedMetrics(engines: () => Engines): DerivedMetrics {
  return {
    async minutes({ namespace, name, dimensions }) {
      const { StreamName: stream, BucketName: bucket } = dimensions;
      if (namespace === 'AWS/Kinesis' && stream !== undefined && isOf(STREAM_METRICS, name)) {
        const arrivals = await engines().stream.arrivals(stream).catch(ignoreMissing);
        const values = [...(arrivals ?? [])].map(([minute, { records, bytes }]) => {
          const sum = name === 'IncomingRecords' ? records : bytes;

          return [minute, { count: records, sum, minimum: 1, maximum: sum }] as const;
        });

        return new Map(values);
      }
      if (namespace === 'AWS/S3' && name === 'NumberOfObjects' && bucket !== undefined) {
        const keys = await engines().store.list(bucket).catch(ignoreMissing);

        return new Map(keys === undefined ? [] : [[minuteOf(Date.now()) - 60_000, single(keys.length)]]);
      }

      return undefined;
    },
    async list() {
      const streams = await engines().stream.names();

      return streams.flatMap((StreamName) =>
        STREAM_METRICS.map((name) => ({ namespace: 'AWS/Kinesis', name, dimensions: { StreamName } })),
      );
    },
  };
}

function isOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof AwsError) return undefined; // no such thing: no such metric
  throw error;
}
