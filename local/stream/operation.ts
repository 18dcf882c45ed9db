import { arn } from '../account.ts';
import type { JsonOperation } from '../aws/json-service.ts';
import type { Shape, TextMember } from '../aws/request-shape.ts';
import { AwsError } from '../errors.ts';
import type { StreamStore } from './stream-store.ts';

interface OperationDefinition<I> {
  readonly input: Shape;
  /** The ARN its permission is asked for; the request's stream, unless said otherwise. */
  resource?(input: I, store: StreamStore): string;
  run(input: I, store: StreamStore): Promise<unknown>;
}

export interface StreamReference {
  readonly StreamName?: string;
  readonly StreamARN?: string;
}

/** Declares an operation of the Kinesis API; one file each in `operations/`, named alike. */
export function operation<I>(name: string, definition: OperationDefinition<I>): JsonOperation<StreamStore> {
  const { input, resource = (request: I) => streamArn(request as StreamReference), run } = definition;

  return {
    name,
    input,
    needs: (request: I, store: StreamStore) => [{ action: `kinesis:${name}`, resource: resource(request, store) }],
    run,
  } as JsonOperation<StreamStore>;
}

export const NAME: TextMember = { type: 'string', min: 1, max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ };
export const STREAM_ARN: TextMember = {
  type: 'string',
  min: 1,
  max: 2048,
  pattern: /^arn:aws.*:kinesis:.*:\d{12}:stream\/\S+$/,
};
export const SHARD_ID: TextMember = { type: 'string', min: 1, max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ };
export const HASH_KEY: TextMember = { type: 'string', pattern: /^(0|([1-9]\d{0,38}))$/ };

/** The two ways to name the stream, in most operations. */
export const STREAM: Shape = { StreamName: NAME, StreamARN: STREAM_ARN };

/** Throws `AwsError` InvalidArgumentException when the stream is named by neither. */
export function streamId({ StreamName, StreamARN }: StreamReference): string {
  const id = StreamARN ?? StreamName;
  if (id !== undefined) return id;

  throw new AwsError('InvalidArgumentException', 'StreamName or StreamARN must be specified.');
}

export function streamArn(input: StreamReference): string {
  const id = streamId(input);

  return id.startsWith('arn:') ? id : arn('kinesis', `stream/${id}`);
}

/** Timestamps travel as seconds since the epoch, with a fraction. */
export function seconds(millis: number): number {
  return millis / 1000;
}

/**
 * Throws `AwsError` where it was only asked whether a request would succeed, once it has been judged: rights, stream and records are right.
 * Ref: kinesis/latest/APIReference/API_PutRecords, DryRun
 */
export function endDryRun(dryRun: unknown): void {
  if (dryRun === true) {
    throw new AwsError(
      'DryRunOperationException',
      'The request was rejected because the DryRun parameter was specified.',
    );
  }
}
