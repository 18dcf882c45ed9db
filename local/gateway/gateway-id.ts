import { createHash } from 'node:crypto';

/**
 * An id as API Gateway gives them, lower-case letters and digits, which follows from its seed: the same on every start, so that
 * URLs and policies stay.
 */
export function gatewayId(seed: string, length: 6 | 10): string {
  const digest = createHash('sha256').update(seed).digest('hex');

  return BigInt(`0x${digest}`).toString(36).slice(0, length);
}
