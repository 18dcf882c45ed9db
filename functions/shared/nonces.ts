import type { Nonce } from '../../core/apic/nonce.ts';
import { nonceTable } from './tables.ts';

/** Remembers a nonce until it no longer matters; whether nobody did before. Fails where the table fails: then nobody may pass. */
export function isFirstUse(nonce: Nonce): Promise<boolean> {
  return nonceTable().put(nonce, { ifAbsent: true });
}
