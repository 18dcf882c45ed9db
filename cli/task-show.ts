import { Argument } from 'commander';
import { command } from './command.ts';
import { acknowledgedText, addsUpText } from './screen/ledger-text.ts';
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
