import type { TaskEntries, TaskEntry } from '../../core/fdi/task-entry.ts';
import { type CatalogItem, catalogTable } from './tables.ts';

/** The tasks of the catalogue. */
export function taskEntries(): TaskEntries {
  const catalog = catalogTable();

  return {
    async find(name) {
      const item = await catalog.get({ kind: 'task', name });

      return item && taskEntry(item);
    },
    async note(name, fields) {
      const key = { kind: 'task' as const, name };
      const item = await catalog.get(key);
      if (item !== undefined) {
        await catalog.update(key, { document: { ...item.document, ...fields } });
      }
    },
  };
}

export function taskEntry({ name, document }: CatalogItem): TaskEntry {
  return { ...(document as Omit<TaskEntry, 'name'>), name };
}
