import { Argument } from 'commander';
import { command } from './command.ts';
import type { TaskRun } from './management/runs.ts';
import type { Task } from './management-client.ts';
import { acknowledgedText, addsUpText } from './screen/ledger-text.ts';
import type { Output } from './screen/output.ts';
import { bytesText, countText, millisecondsText } from './screen/words.ts';

export const taskShow = command({
  path: 'task show',
  summary: 'show a task: state, ledger, position per shard',
  arguments: [new Argument('<task>', 'the task, by name')],
  examples: [['causeway task show ParkingHistory', 'its counts and where it stands in each shard']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const [task, { ledger, dead }] = await Promise.all([client.task(name), client.ledger(name)]);
    if (task.mode === 'scheduled') {
      const { items: runs } = await client.runs(name, { limit: '5' });
      output.result({ ...task, runs }, () => scheduledText(output, task, runs));
      return undefined;
    }

    output.result({ ...task, ledger, dead }, () => {
      const counts = output.pairs([
        ['task', task.name],
        ['state', dead === null ? task.state : `${task.state}, but dead: ${dead}; see docs/runbooks/dead-task.md`],
        ['app', task.app],
        ['topic', task.topic],
        ['table', task.table],
        ['accepted', ledger === null ? null : `${countText(ledger.accepted)} messages`],
        ['written', `${countText(ledger?.written ?? task.written)} messages`],
        ['quarantined', `${countText(ledger?.quarantined ?? task.quarantined)} messages`],
        ['in flight', ledger === null ? null : `${countText(ledger.inFlight)} messages`],
        ['adds up', addsUpText(ledger)],
        ['acknowledged', acknowledgedText(ledger)],
        ...undoneRows(task),
        ...resetRows(task),
        ['batches', countText(task.batches)],
        ['bytes', bytesText(task.bytes)],
        ['busy', millisecondsText(task.busyMs)],
        ['first batch', task.startedAt],
        ['last batch', task.updatedAt],
      ]);
      const shards = output.table(
        ['shard', 'epoch', 'written', 'quarantined', 'last batch', 'sequence number'],
        task.shards.map((shard) => [
          ...[shard.shard, shard.epoch, countText(shard.written), countText(shard.quarantined)],
          ...[shard.updatedAt, shard.sequenceNumber],
        ]),
      );

      return task.shards.length === 0 ? counts : `${counts}\n\n${shards}`;
    });
    return undefined;
  },
});

/** The account is of the present epoch only: whoever reads it has to know when that began, and what was left out before it. */
function resetRows({ epoch = 1, reset = null }: Pick<Task, 'epoch' | 'reset'>): [string, string][] {
  if (reset === null) {
    return [];
  }
  const { at, by, to, again, skipped } = reset;
  const counts = again < 0 ? 'not counted' : `${countText(again)} written again, ${countText(skipped)} left out`;

  return [['reset', `to ${to} on ${at}: ${counts}; epoch ${epoch} since then, by ${by}`]];
}

function undoneRows({ undone }: Pick<Task, 'undone'>): [string, string][] {
  if (undone === undefined) {
    return [];
  }
  const { rows, batches } = undone;

  return [
    [
      'undone',
      `${countText(rows)} ${rows === 1 ? 'row' : 'rows'} of ${countText(batches)} ${batches === 1 ? 'batch' : 'batches'}; they count as written`,
    ],
  ];
}

function scheduledText(output: Pick<Output, 'pairs' | 'table'>, task: Task, runs: readonly TaskRun[]): string {
  const facts = output.pairs([
    ['task', task.name],
    ['state', task.state],
    ['app', task.app],
    ['source', task.source ?? null],
    ['table', task.table],
    ['runs', task.schedule ?? null],
    ['tags', task.tags ?? []],
    ['written', `${countText(task.written)} rows`],
    ['quarantined', `${countText(task.quarantined)} rows`],
    ...undoneRows(task),
    ['bytes', bytesText(task.bytes)],
    ['busy', millisecondsText(task.busyMs)],
  ]);
  const last = output.table(
    ['run', 'state', 'read', 'written', 'unchanged', 'rejected', 'why'],
    runs.map(({ id, state, read, written, unchanged, rejected, error }) => [
      ...[id, state, countText(read), countText(written)],
      ...[countText(unchanged), countText(rejected), error],
    ]),
  );

  return runs.length === 0 ? facts : `${facts}\n\n${last}`;
}
