import { Buffer } from 'node:buffer';
import { AwsError } from '../../errors.ts';
import { LIMITS } from '../limits.ts';
import { endDryRun, HASH_KEY, operation, STREAM, type StreamReference, streamId } from '../operation.ts';
import { checkEntry } from '../put-entry.ts';

interface PutRecord extends StreamReference {
  /** base64 */
  readonly Data: string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
  readonly DryRun?: boolean;
}

/** `SequenceNumberForOrdering` needs nothing: a shard's records are in the order of their calls anyway. */
export const putRecord = operation<PutRecord>('PutRecord', {
  input: {
    ...STREAM,
    Data: { type: 'blob', required: true, max: 10 * LIMITS.recordBytes },
    PartitionKey: { type: 'string', required: true, min: 1, max: LIMITS.partitionKeyCharacters },
    ExplicitHashKey: HASH_KEY,
    SequenceNumberForOrdering: { type: 'string', pattern: /^(0|([1-9]\d{0,128}))$/ },
    DryRun: { type: 'boolean' },
  },
  async run({ Data, PartitionKey, ExplicitHashKey, DryRun, ...reference }, store) {
    const stream = store.get(streamId(reference));
    const entry = { data: Buffer.from(Data, 'base64'), partitionKey: PartitionKey, explicitHashKey: ExplicitHashKey };
    checkEntry(stream, entry, 'data');
    endDryRun(DryRun);
    const [outcome] = await stream.put([entry]);
    if (outcome === undefined || 'errorCode' in outcome) {
      const { errorCode = 'InternalFailure', errorMessage = '' } = outcome ?? {};
      throw new AwsError(errorCode, errorMessage, errorCode === 'InternalFailure' ? 500 : 400);
    }

    return { ShardId: outcome.shardId, SequenceNumber: outcome.sequenceNumber, EncryptionType: 'NONE' };
  },
});
