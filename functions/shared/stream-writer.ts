import { KinesisClient, KinesisServiceException, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NotPut, type ReplayRecord } from '../../core/link/replay-errors.ts';

let client: KinesisClient | undefined;

/** Refusals of a whole call that are gone a moment later; nothing of it was stored. */
const PASSING = new Set(['ProvisionedThroughputExceededException', 'LimitExceededException', 'ThrottlingException']);

/**
 * One PutRecords, sent once: a second attempt whose first was stored would double every record of it.
 *
 * @returns for each record whether it was stored
 * @throws NotPut when the stream refused all of them; anything else when nobody can tell
 */
export async function putOnce(StreamName: string, records: readonly ReplayRecord[]): Promise<readonly boolean[]> {
  client ??= new KinesisClient({ maxAttempts: 1 });
  try {
    const { Records = [] } = await client.send(
      new PutRecordsCommand({
        StreamName,
        Records: records.map(({ data, partitionKey }) => ({
          Data: Buffer.from(data, 'utf8'),
          PartitionKey: partitionKey,
        })),
      }),
    );

    return records.map((_, at) => Records[at]?.SequenceNumber !== undefined);
  } catch (error) {
    if (error instanceof KinesisServiceException && PASSING.has(error.name)) {
      return records.map(() => false);
    }
    if (error instanceof KinesisServiceException && error.$fault === 'client') {
      throw new NotPut(error.message, { cause: error });
    }
    throw error;
  }
}
