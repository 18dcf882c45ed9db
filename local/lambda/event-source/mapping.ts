import { tableOfStream } from '../../dynamodb/table-stream.ts';
import { AwsError } from '../../errors.ts';
import { KAFKA_MEMBERS, type KafkaRequest, type KafkaSource, readKafkaSource } from '../../kafka/kafka-source.ts';
import { LIMITS } from '../limits.ts';

/** What a mapping does, every default filled in. Times in seconds; −1 is without end. */
export interface MappingSettings {
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly batchingWindow: number;
  readonly parallelizationFactor: number;
  readonly bisectOnError: boolean;
  readonly maximumRecordAge: number;
  readonly maximumRetryAttempts: number;
  readonly reportItemFailures: boolean;
  /** ARN of the bucket that takes batches nobody could process. */
  readonly onFailureBucket?: string;
}

export interface Mapping {
  readonly uuid: string;
  readonly functionArn: string;
  /** Empty for a Kafka topic. */
  readonly streamArn: string;
  /** In place of a stream. */
  readonly kafka?: KafkaSource;
  /** With enhanced fan-out: the registered consumer that is pushed to. */
  readonly consumerArn?: string;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';
  /** Milliseconds since the epoch. For LATEST: when the mapping was created. */
  readonly startingTimestamp?: number;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly settings: MappingSettings;
}

/** The members of Create- and UpdateEventSourceMapping, as the API names them. Timestamps are seconds since the epoch. */
export interface MappingRequest extends KafkaRequest {
  readonly FunctionName?: string;
  readonly EventSourceArn?: string;
  readonly StartingPosition?: string;
  readonly StartingPositionTimestamp?: number;
  readonly Enabled?: boolean;
  readonly BatchSize?: number;
  readonly MaximumBatchingWindowInSeconds?: number;
  readonly ParallelizationFactor?: number;
  readonly BisectBatchOnFunctionError?: boolean;
  readonly MaximumRecordAgeInSeconds?: number;
  readonly MaximumRetryAttempts?: number;
  readonly FunctionResponseTypes?: readonly string[];
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: string } };
}

/** Of Kafka, in seconds, while no mapping has said another. Ref: lambda/latest/api/API_CreateEventSourceMapping */
const KAFKA_WINDOW = 0.5;

/** Ref: lambda/latest/api/API_CreateEventSourceMapping, the Kinesis column of each default. */
const DEFAULTS: MappingSettings = {
  enabled: true,
  batchSize: 100,
  batchingWindow: 0,
  parallelizationFactor: 1,
  bisectOnError: false,
  maximumRecordAge: -1,
  maximumRetryAttempts: -1,
  reportItemFailures: false,
};

/** Members that change nothing here: labels, and metrics that nobody reads locally. */
const ACCEPTED = new Set([
  'FunctionName',
  'EventSourceArn',
  'StartingPosition',
  'StartingPositionTimestamp',
  'Enabled',
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'ParallelizationFactor',
  'BisectBatchOnFunctionError',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'FunctionResponseTypes',
  'DestinationConfig',
  'Tags',
  'MetricsConfig',
  ...KAFKA_MEMBERS,
]);

/** Before anything is asked for. */
export function usualSettings(kafka: KafkaSource | undefined): MappingSettings {
  return kafka === undefined ? DEFAULTS : { ...DEFAULTS, batchingWindow: KAFKA_WINDOW };
}

/** The settings after a request; what it does not mention stays as it was. Throws InvalidParameterValueException. */
export function readSettings(request: MappingRequest, before: MappingSettings = DEFAULTS): MappingSettings {
  const foreign = Object.keys(request).find((member) => !ACCEPTED.has(member));
  if (foreign !== undefined) refuse(`${foreign} is not served by the local platform`);
  const destination = readDestination(request, before);

  return {
    enabled: request.Enabled ?? before.enabled,
    batchSize: range('BatchSize', request.BatchSize ?? before.batchSize, LIMITS.batchRecords),
    batchingWindow:
      request.MaximumBatchingWindowInSeconds === undefined
        ? before.batchingWindow
        : range('MaximumBatchingWindowInSeconds', request.MaximumBatchingWindowInSeconds, LIMITS.batchingWindowSeconds),
    parallelizationFactor: range(
      'ParallelizationFactor',
      request.ParallelizationFactor ?? before.parallelizationFactor,
      LIMITS.parallelization,
    ),
    bisectOnError: request.BisectBatchOnFunctionError ?? before.bisectOnError,
    maximumRecordAge: readAge(request.MaximumRecordAgeInSeconds ?? before.maximumRecordAge),
    maximumRetryAttempts: range(
      'MaximumRetryAttempts',
      request.MaximumRetryAttempts ?? before.maximumRetryAttempts,
      LIMITS.retryAttempts,
    ),
    reportItemFailures: readResponseTypes(request.FunctionResponseTypes) ?? before.reportItemFailures,
    ...(destination === undefined ? {} : { onFailureBucket: destination }),
  };
}

const SOURCE = /^(arn:aws:kinesis:[^:]*:\d*:stream\/[^/:]+)(\/consumer\/[^/:]+:\d+)?$/;

/**
 * A stream of Kinesis or of a table, a registered consumer of one, or a topic of Kafka. Throws InvalidParameterValueException.
 *
 * @param uuid of the mapping that is made
 */
export function readSource(
  request: MappingRequest,
  uuid: string,
): Pick<Mapping, 'streamArn' | 'consumerArn' | 'kafka'> {
  const { EventSourceArn = '' } = request;
  const kafka = readKafkaSource(request, uuid);
  if (kafka !== undefined) return { streamArn: '', kafka };
  if (tableOfStream(EventSourceArn) !== undefined) return { streamArn: EventSourceArn };
  const [, streamArn, consumer] = SOURCE.exec(EventSourceArn) ?? [];
  if (streamArn === undefined) {
    refuse(
      `EventSourceArn: received ${JSON.stringify(EventSourceArn)}; the local platform serves Kinesis streams, their consumers, and streams of tables only`,
    );
  }

  return { streamArn, ...(consumer !== undefined && { consumerArn: EventSourceArn }) };
}

/** As the API and the events name it; of Kafka, what no other mapping of the function may read. */
export function sourceArn({
  streamArn,
  consumerArn,
  kafka,
}: Pick<Mapping, 'streamArn' | 'consumerArn' | 'kafka'>): string {
  return kafka === undefined ? (consumerArn ?? streamArn) : `${kafka.brokers.join(',')}/${kafka.topic}`;
}

export function readStart({
  StartingPosition,
  StartingPositionTimestamp,
}: MappingRequest): Pick<Mapping, 'startingPosition' | 'startingTimestamp'> {
  if (StartingPosition === 'TRIM_HORIZON') return { startingPosition: StartingPosition };
  // What arrives while the mapping comes into being is not missed here, as it may be on AWS.
  if (StartingPosition === 'LATEST') return { startingPosition: StartingPosition, startingTimestamp: Date.now() };
  if (StartingPosition === 'AT_TIMESTAMP') {
    if (StartingPositionTimestamp === undefined) refuse('StartingPositionTimestamp is required for AT_TIMESTAMP.');

    return { startingPosition: StartingPosition, startingTimestamp: StartingPositionTimestamp * 1000 };
  }
  return refuse('StartingPosition is required: TRIM_HORIZON, LATEST or AT_TIMESTAMP.');
}

function readAge(value: number): number {
  return value === -1 ? value : range('MaximumRecordAgeInSeconds', value, LIMITS.recordAgeSeconds);
}

function readResponseTypes(types: readonly string[] | undefined): boolean | undefined {
  const unknown = types?.find((type) => type !== 'ReportBatchItemFailures');
  if (unknown !== undefined) refuse(`FunctionResponseTypes: received ${unknown}; allowed: ReportBatchItemFailures`);

  return types === undefined ? undefined : types.length > 0;
}

function readDestination(request: MappingRequest, before: MappingSettings): string | undefined {
  if (request.DestinationConfig === undefined) return before.onFailureBucket;
  const destination = request.DestinationConfig.OnFailure?.Destination;
  if (destination === undefined || destination === '') return undefined;
  if (!destination.startsWith('arn:aws:s3:::')) {
    refuse(`DestinationConfig: received ${destination}; the local platform serves buckets only`);
  }
  return destination;
}

function range(name: string, value: number, { minimum, maximum }: { minimum: number; maximum: number }): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;

  return refuse(`${name}: received ${value}; allowed: a whole number from ${minimum} to ${maximum}`);
}

function refuse(message: string): never {
  throw new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
}
