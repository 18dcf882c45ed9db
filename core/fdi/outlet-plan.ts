import { NO_MODELS, type ProductModels } from '../link/model-cache.ts';
import type { Column } from './column.ts';
import { memberNames, memberTask, type OutletTask } from './feed-task.ts';
import { mapColumns } from './mapping.ts';
import { planTask, type TaskPlan } from './plan.ts';
import { Rejection } from './rejection.ts';
import type { Cells, Entry, RecordReader } from './row.ts';
import type { ScheduledTask } from './run-definition.ts';
import type { OutgoingRow, Outlet } from './run-outlet.ts';
import type { SourceField } from './run-ports.ts';
import type { TaskLanguages } from './task-languages.ts';

/** A real-time task joined with its outlet: everything that is decided once and used for every record. */
export interface OutletPlan<Row> extends RecordReader {
  readonly task: OutletTask;
  /** By which the platform's position moves: of records that become rows of no table. */
  readonly moving: TaskPlan;
  /** What is sent of a record that it has read; undefined of one that is not sent. */
  rowOf(entry: Entry): Row | undefined;
}

/** A member of what is sent, as a column that holds JSON. */
const MEMBER: Omit<Column, 'name'> = Object.freeze({
  ...{ kind: 'json', type: 'json', nullable: true, optional: true, generated: false, length: 0, unsigned: false },
  ...{ precision: 0, scale: 0, fractionDigits: 0, charset: '', caseInsensitive: false, members: [] },
});

/** Members, by name, as columns that hold JSON. */
export function memberColumns(names: readonly string[]): readonly Column[] {
  return names.map((name) => ({ ...MEMBER, name }));
}

/** What outlets are told of a task: members as their fields, by name. */
export function outletRun({ name, target }: Pick<ScheduledTask, 'name' | 'target'>): ScheduledTask {
  return {
    ...{ name, target, mapping: 'by-name', overlap: 'skip', after: [], pageSize: 1 },
    // They ask whether it is read again as it was, which its positions see to.
    source: { kind: 'database', place: 'platform', timeZone: 'UTC' },
  };
}

/**
 * @param scope whose sequence numbers tell records apart: an epoch and a shard; what is sent has the same id however often it is
 * @throws InvalidSetting when task and outlet do not go together
 */
export function planOutlet<Row extends OutgoingRow>(
  task: OutletTask,
  outlet: Outlet<Row>,
  scope: string,
  models: Pick<ProductModels, 'of'> = NO_MODELS,
  languages: TaskLanguages = {},
): OutletPlan<Row> {
  const own = memberTask(task);
  const columns = memberColumns(memberNames(task));
  const mapped = mapColumns(own, { columns }, task.name);
  const moving = planTask(own, columns, models, languages);
  const constants = mapped.flatMap(({ column, value }) =>
    value.kind === 'constant' ? [[column.name, value.text] as const] : [],
  );
  const names = moving.statement.cells.map(({ column }) => column.name);
  const fields = mapped.map(({ column: { name } }): SourceField => ({ name, type: 'json', path: [name] }));
  const { read } = outlet.plan(fields, scope);
  const rows = new WeakMap<Cells, Row>();

  return Object.freeze({
    task,
    moving,
    ...(moving.compute && { compute: moving.compute }),
    read(record, computed) {
      const entry = moving.read(record, computed);
      const { outcome: cells } = entry;
      if (cells instanceof Rejection) {
        return entry;
      }
      const { partitionKey: key, sequenceNumber } = record.kinesis;
      const value = Object.fromEntries([...names.map((name, at) => [name, cells[at]] as const), ...constants]);
      const row = read({ value, position: sequenceNumber, ...(key !== '' && { key }) });
      if (row instanceof Rejection) {
        return { ...entry, outcome: row };
      }
      rows.set(cells, row);

      return entry;
    },
    rowOf: ({ outcome }) => (outcome instanceof Rejection ? undefined : rows.get(outcome)),
  } satisfies OutletPlan<Row>);
}
