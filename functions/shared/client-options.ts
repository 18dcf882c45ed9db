/**
 * For clients that stand in the way of a log-in or a call: a lost connection is noticed in seconds and tried again, long before the caller
 * gives up (the SDK itself would wait without limit). Milliseconds.
 */
export const QUICK = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
} as const;
