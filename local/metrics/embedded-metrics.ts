import type { Metric } from './metric.ts';

export interface Measurement {
  readonly metric: Metric;
  readonly values: readonly number[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

interface Document {
  readonly _aws?: { readonly Timestamp?: number; readonly CloudWatchMetrics?: readonly Directive[] };
  readonly [member: string]: unknown;
}

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

/** Every such line names its directives under this member, so the others need not be parsed. */
const MARK = '"CloudWatchMetrics"';

/**
 * What a log line in CloudWatch's embedded metric format says; nothing for any other line.
 * Ref: AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification
 */
export function embeddedMetrics(line: string): readonly Measurement[] {
  if (!line.includes(MARK)) return [];
  const document = parsed(line);
  const { Timestamp: at = Number.NaN, CloudWatchMetrics: directives = [] } = document?._aws ?? {};
  if (document === undefined || !Number.isFinite(at)) return [];

  return directives.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(document[name])]));

      return Metrics.map(({ Name: name }) => ({
        metric: { namespace, name, dimensions },
        values: [document[name]].flat().filter((value) => typeof value === 'number'),
        at,
      }));
    }),
  );
}

function parsed(line: string): Document | undefined {
  try {
    return JSON.parse(line) as Document;
  } catch {
    return undefined; // a line of a person's own that only looks like one
  }
}
