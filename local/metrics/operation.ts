import type { JsonOperation } from '../aws/json-service.ts';
import type { ListMember, Shape, TextMember } from '../aws/request-shape.ts';
import type { Need } from '../aws/service.ts';
import { AwsError } from '../errors.ts';
import type { Alarms } from './alarms.ts';
import type { Metric, Minutes } from './metric.ts';
import type { MetricStore } from './metric-store.ts';

/** What operations work on. */
export interface Monitoring {
  readonly store: MetricStore;
  readonly alarms: Alarms;
  /** A metric's minutes, wherever they are kept. */
  minutes(metric: Metric): Promise<Minutes>;
  /** Metrics that are not in the store, because another engine keeps their values. */
  derived(): Promise<readonly Metric[]>;
  now(): number;
}

interface OperationDefinition<I> {
  readonly input: Shape;
  /** Few actions of CloudWatch know resources. Ref: service-authorization/latest/reference/list_amazoncloudwatch */
  need?(input: I): Omit<Need, 'action'>;
  run(input: I, monitoring: Monitoring): Promise<unknown>;
}

/** Declares an operation of the CloudWatch API; one file each in `operations/`, named alike. */
export function operation<I>(name: string, definition: OperationDefinition<I>): JsonOperation<Monitoring> {
  const { input, need = () => ({ resource: '*' }), run } = definition;

  return {
    name,
    input,
    needs: (request: I) => [{ action: `cloudwatch:${name}`, ...need(request) }],
    run,
  } as JsonOperation<Monitoring>;
}

export interface DimensionInput {
  readonly Name: string;
  readonly Value: string;
}

export const NAMESPACE: TextMember = { type: 'string', min: 1, max: 255, pattern: /^[^:].*$/s };
export const METRIC_NAME: TextMember = { type: 'string', min: 1, max: 255 };
export const DIMENSIONS: ListMember = {
  type: 'list',
  max: 30,
  member: {
    type: 'structure',
    members: {
      Name: { type: 'string', required: true, min: 1, max: 255 },
      Value: { type: 'string', required: true, min: 1, max: 1024 },
    },
  },
};

export function dimensionsOf(dimensions: readonly DimensionInput[] = []): Record<string, string> {
  return Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value]));
}

/** High-resolution periods (1, 5, 10, 20 and 30 s) have no data here: values are kept by the minute. */
export function checkPeriod(period: number): void {
  if (period % 60 !== 0) refuse(`The parameter Period must be a multiple of 60; received ${period}.`);
}

/** @param start and `end` in seconds since the epoch */
export function checkWindow(start: number, end: number): void {
  if (start >= end) refuse('The parameter StartTime must be less than the parameter EndTime.');
}

export function refuse(message: string, code = 'InvalidParameterValueException'): never {
  throw new AwsError(code, message);
}
