import { Buffer } from 'node:buffer';
import { AwsError } from '../../errors.ts';
import { LIMITS } from '../limits.ts';
import { endDryRun, HASH_KEY, operation, STREAM, type StreamReference, streamId } from '../operation.ts';
import { checkEntry } from '../put-entry.ts';
import { sizeOf } from '../record-codec.ts';

interface PutRecords extends StreamReference {
  readonly Records: readonly {
    /** base64 */
    readonly Data: string;
    readonly PartitionKey: string;
    readonly ExplicitHashKey?: string;
  }[];
  readonly DryRun?: boolean;
}

export const putRecords = operation<PutRecords>('PutRecords', {
  input: {
    ...STREAM,
    Records: {
      type: 'list',
      required: true,
      min: 1,
      max: LIMITS.putRecordsCount,
      member: {
        type: 'structure',
        members: {
          Data: { type: 'blob', required: true, max: 10 * LIMITS.recordBytes },
          PartitionKey: { type: 'string', required: true, min: 1, max: LIMITS.partitionKeyCharacters },
          ExplicitHashKey: HASH_KEY,
        },
      },
    },
    DryRun: { type: 'boolean' },
  },
  async run({ Records, DryRun, ...reference }, store) {
    const stream = store.get(streamId(reference));
    const entries = Records.map((record) => ({
      data: Buffer.from(record.Data, 'base64'),
      partitionKey: record.PartitionKey,
      explicitHashKey: record.ExplicitHashKey,
    }));
    entries.forEach((entry, index) => {
      checkEntry(stream, entry, `records.${index + 1}.member.data`);
    });
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > LIMITS.putRecordsBytes) {
      throw new AwsError('InvalidArgumentException', `Records size exceeds ${LIMITS.putRecordsBytes >> 20} MB limit`);
    }
    endDryRun(DryRun);
    const outcomes = await stream.put(entries);

    return {
      FailedRecordCount: outcomes.filter((outcome) => 'errorCode' in outcome).length,
      Records: outcomes.map((outcome) =>
        'errorCode' in outcome
          ? { ErrorCode: outcome.errorCode, ErrorMessage: outcome.errorMessage }
          : { ShardId: outcome.shardId, SequenceNumber: outcome.sequenceNumber },
      ),
      EncryptionType: 'NONE',
    };
  },
});
