import { Refusal } from '../../core/errors.ts';
import { openHandler } from '../shared/chain.ts';

/** Every path no API has, also where only the method is wrong. */
export const handler = openHandler(async () => {
  throw new Refusal('APIC.0101');
});
