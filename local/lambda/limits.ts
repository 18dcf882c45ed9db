/**
 * What Lambda allows. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * Event source mappings: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 */
export const LIMITS = {
  /** Names and values, as JSON. */
  environmentBytes: 4096,
  memoryMebibytes: { minimum: 128, maximum: 10_240 },
  timeoutSeconds: { minimum: 1, maximum: 900 },
  initSeconds: 10,
  /** Unpacked. */
  codeBytes: 262_144_000,
  inlineCodeBytes: 4 << 20,
  /** Request and answer of a synchronous invocation. */
  payloadBytes: 6_291_556,
  /** Lambda's default for an account and region. */
  concurrency: 1000,
  resourcePolicyBytes: 20_480,
  batchRecords: { minimum: 1, maximum: 10_000 },
  batchingWindowSeconds: { minimum: 0, maximum: 300 },
  parallelization: { minimum: 1, maximum: 10 },
  /** -1: no limit. */
  recordAgeSeconds: { minimum: 60, maximum: 604_800 },
  retryAttempts: { minimum: -1, maximum: 10_000 },
  /** The payload of a synchronous invocation, with room for the frame around the records. */
  batchBytes: 6 * 1024 * 1024 - 64,
} as const;
