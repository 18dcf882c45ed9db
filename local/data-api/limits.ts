/**
 * What the Data API allows. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html
 * Times can be shortened to try out what happens at their end.
 */
export const LIMITS = {
  requestBytes: 4 << 20,
  responseBytes: 1 << 20,
  rowBytes: 64 << 10,
  sqlCharacters: 65_536,
  statementMillis: 45_000,
  transactionIdleMillis: 180_000,
  transactionMillis: 24 * 3_600_000,
  /** Open at once for one user and schema; what comes then waits. Ours: MariaDB takes 151 in all. */
  connectionsPerLogin: 40,
} as const;

export type Limits = { readonly [Name in keyof typeof LIMITS]: number };
