import { sha256Hex } from './canonical-request.ts';
import { MAX_SKEW_MS, type PresentedSignature } from './signature.ts';

/** Kept beyond the end of a signature's life: clocks of those that keep and those that judge are not one. */
const MARGIN_MS = 60_000;

/** What makes a signature one: who was told it once refuses it from then on. */
export interface Nonce {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** Seconds since the epoch: from then on the signature is refused for its date. */
  readonly until: number;
}

/** The signature covers date, request and body; with the key it is one call. */
export function nonceOf({ key, signature, date }: Pick<PresentedSignature, 'key' | 'signature' | 'date'>): Nonce {
  return {
    id: sha256Hex(`${key}\n${signature}`),
    until: Math.ceil((date.getTime() + MAX_SKEW_MS + MARGIN_MS) / 1000),
  };
}
