import { databaseReader } from '../../../core/fdi/run-database-reader.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { SourceReader } from '../../../core/fdi/run-ports.ts';
import { sourceDatabase } from './run-databases.ts';

/** What reads a task's source, of whatever kind it is. */
export async function readerOf({ name, source, pageSize }: ScheduledTask): Promise<SourceReader> {
  const { dialect, open } = await sourceDatabase(source.place);

  return databaseReader({ source, dialect, open, pageSize, where: name });
}
