import { createHash } from 'node:crypto';
import type { ScheduledTask } from './run-definition.ts';
import type { SourceRecord } from './run-ports.ts';
import { isReadAgain } from './run-source.ts';

/** 32 hexadecimal digits that are the same however often a record is sent: who receives it can tell what came twice. */
export type RecordId = (record: SourceRecord, text: string) => string;

/**
 * Of a record in a run its position. Where later runs read again what they have read, the run does not count and what the record holds does: as
 * it was, it has the same id, and changed it has another.
 */
export function recordIds({ name, source }: Pick<ScheduledTask, 'name' | 'source'>, run: string): RecordId {
  const again = isReadAgain(source);

  return ({ position }, text) => hashOf(again ? [name, position, text] : [name, run, position]);
}

/** One id for several, in their order. */
export function joinedId(ids: readonly string[]): string {
  const [only] = ids;

  return ids.length === 1 && only !== undefined ? only : hashOf(ids);
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 32);
}
