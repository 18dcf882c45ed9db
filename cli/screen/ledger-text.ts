import type { Ledger } from '../management/ledger.ts';
import { countText } from './words.ts';

/** Whether an account adds up, for people. */
export function addsUpText(ledger: Ledger | null): string {
  if (ledger === null || ledger.addsUp === null) {
    return 'not judged yet: it takes some minutes from the start';
  }
  if (ledger.addsUp) {
    return `yes, as of ${ledger.asOf}`;
  }
  const { lost, doubled, asOf } = ledger;
  const what = lost > 0 ? `${countText(lost)} lost` : `${countText(doubled)} written twice`;

  return `no: ${what}${asOf === null ? '' : `, as of ${asOf}`}; see docs/runbooks/ledger.md`;
}
