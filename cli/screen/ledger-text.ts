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

  return `no: ${differenceText(lost - doubled)}${asOf === null ? '' : `, as of ${asOf}`}; see docs/runbooks/ledger.md`;
}

/** @param difference lost above 0, doubled below */
export function differenceText(difference: number): string {
  return difference > 0 ? `${countText(difference)} lost` : `${countText(-difference)} written twice`;
}

/** Null when nothing was acknowledged. */
export function acknowledgedText(ledger: Ledger | null): string | null {
  return ledger === null || ledger.acknowledged === 0 ? null : differenceText(ledger.acknowledged);
}
