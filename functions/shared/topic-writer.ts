import type { PutOutcome, TopicEntry } from '../../core/mqs/produce-messages.ts';
import { AwsRequestFailed } from './aws-request.ts';
import { type JsonApi, jsonCall } from './json-api.ts';

export const KINESIS: JsonApi = {
  service: 'kinesis',
  endpoint: 'KINESIS',
  target: 'Kinesis_20131202',
  version: '1.1',
};
/** Records of 10 MiB take their time. */
const ANSWER_MS = 15_000;

interface PutRecordsAnswer {
  readonly Records?: readonly {
    readonly ShardId?: string;
    readonly SequenceNumber?: string;
    readonly ErrorCode?: string;
    readonly ErrorMessage?: string;
  }[];
}

/**
 * Puts up to 500 records into a stream, in one call and once: what is sent twice may be stored twice, so that is for the caller to decide.
 *
 * @returns what became of each, in their order: a refusal of the whole call, or no answer to it, is every record's
 */
export async function putRecords(stream: string, entries: readonly TopicEntry[]): Promise<PutOutcome[]> {
  const Records = entries.map(({ data, key }) => ({ Data: data.toString('base64'), PartitionKey: key }));
  try {
    const call = { StreamName: stream, Records };
    const answer: PutRecordsAnswer = await jsonCall(KINESIS, 'PutRecords', call, { attempts: 1, attemptMs: ANSWER_MS });

    return entries.map((_, index) => {
      const { ShardId, SequenceNumber, ErrorCode, ErrorMessage } = answer.Records?.[index] ?? {};

      return ShardId === undefined || SequenceNumber === undefined
        ? {
            error: ErrorCode ?? 'NoAnswer',
            message: ErrorMessage ?? 'the stream says nothing of the record',
            ...(ErrorCode === undefined && { unsure: true as const }),
          }
        : { shard: ShardId, sequenceNumber: SequenceNumber };
    });
  } catch (error) {
    if (!(error instanceof AwsRequestFailed)) {
      throw error;
    }

    const { name, message, status } = error;
    const refused = status >= 400 && status < 500;

    return entries.map(() => ({ error: name, message, ...(!refused && { unsure: true as const }) }));
  }
}
