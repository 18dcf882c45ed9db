import { traceOf } from '../../core/fdi/quarantine.ts';
import type { BatchOutcome } from '../../core/fdi/write-batch.ts';
import { logger } from './logger.ts';

const MAX_LOGGED_TRACES = 100;
const MAX_LOGGED_WARNINGS = 20;

/** Rows whose message breaks its product's model, where the product only warns: how many, and what some of them break. */
export function warningsIn({ warned }: BatchOutcome): Readonly<Record<string, unknown>> {
  if (warned.length === 0) {
    return {};
  }
  const warnings = warned
    .slice(0, MAX_LOGGED_WARNINGS)
    .map((entry) => ({ trace: traceOf(entry), model: entry.model, reason: entry.warning }));

  return { warned: warned.length, warnings };
}

/** Tells the log what became of a batch. @param line what it was */
export function reportBatch(
  line: Readonly<Record<string, unknown>>,
  { written, rejected, unwritten }: BatchOutcome,
): void {
  const traces = rejected.slice(0, MAX_LOGGED_TRACES).map(traceOf);
  const counts = { ...line, written, rejected: rejected.length, ...(traces.length > 0 && { traces }) };
  if (unwritten === undefined) {
    logger.info('batch', counts);
    return;
  }
  const { sequenceNumber, fault, cause } = unwritten;
  logger.error('batch not written', { ...counts, from: sequenceNumber, fault, error: cause });
}
