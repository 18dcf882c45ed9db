import type { IIntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { ScheduledTask } from '../../../lib/fdi/scheduled-task.ts';
import type { Integration } from '../../../lib/platform/integration.ts';

/** A task with a schedule and another one that follows its runs, and one that follows its source. */
export function scheduledTasks(stack: Integration, app: IIntegrationApp): void {
  const tables = new Migrations(stack, 'NoteTables', { folder: `${import.meta.dirname}/sql` });
  const source = { table: tables.table('NoteSource'), increment: { column: 'Id' } };
  const into = (name: string) => ({ table: tables.table(name), write: 'upsert' as const, keys: ['Id'] });
  // So that another run can be due while one is going.
  const slow = { overlap: 'wait' as const, pageSize: 1 };
  const chained = new ScheduledTask(stack, 'NoteChain', {
    app,
    source: { table: tables.table('NoteCopy'), increment: { column: 'Id', boundary: 'open' } },
    target: into('NoteChained'),
    ...slow,
  });
  new ScheduledTask(stack, 'NoteCopies', {
    app,
    source,
    target: into('NoteCopy'),
    schedule: { every: { minutes: 1 } },
    after: [{ run: chained }],
    started: true,
  });
  new ScheduledTask(stack, 'NoteFollower', {
    app,
    source,
    target: into('NoteFollowed'),
    schedule: { every: { seconds: 1 } },
  });
}
