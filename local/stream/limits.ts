/**
 * What Kinesis allows; enforced as it is, because what does not fit here would not fit in the account.
 * https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 */
export const LIMITS = {
  shardWriteBytesPerSecond: 1 << 20,
  shardWriteRecordsPerSecond: 1000,
  shardReadBytesPerSecond: 2 << 20,
  shardReadCallsPerSecond: 5,
  getRecordsCount: 10_000,
  getRecordsBytes: 10 << 20,
  putRecordsCount: 500,
  putRecordsBytes: 10 << 20,
  /** Before the stream's own `MaxRecordSizeInKiB`. */
  recordBytes: 1 << 20,
  /** What `MaxRecordSizeInKiB` may say. */
  recordKibibytes: { minimum: 1024, maximum: 10_240 },
  partitionKeyCharacters: 256,
  iteratorMillis: 300_000,
  retentionHours: { minimum: 24, maximum: 8760 },
  consumersPerStream: 20,
  /** Of a registered consumer with enhanced fan-out, on top of what the shard gives to others. */
  consumerReadBytesPerSecond: 2 << 20,
  subscriptionMillis: 300_000,
  /** A subscription so young is not taken over. */
  subscriptionSafeMillis: 5_000,
  /** An on-demand stream begins with this many. */
  onDemandShards: 4,
} as const;
