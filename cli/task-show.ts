import { Argument } from 'commander';
import { command } from './command.ts';
import { bytesText, countText, millisecondsText } from './screen/words.ts';

export const taskShow = command({
  path: 'task show',
  summary: 'show a task: state, rows written and quarantined, position per shard',
  arguments: [new Argument('<task>', 'the task, by name')],
  examples: [['causeway task show ParkingHistory', 'its counts and where it stands in each shard']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const task = await client.task(name);
    const shards = task.shards ?? [];
    const columns = [...new Set(shards.flatMap((shard) => Object.keys(shard)))];

    output.result(task, () =>
      [
        output.pairs([
          ['task', task.name],
          ['state', task.state],
          ['table', task.table],
          ['written', `${countText(task.written)} messages`],
          ['quarantined', `${countText(task.quarantined)} messages`],
          ['batches', countText(task.batches)],
          ['bytes', bytesText(task.bytes)],
          ['busy', millisecondsText(task.busyMs)],
          ['started', task.startedAt],
          ['updated', task.updatedAt],
        ]),
        ...(shards.length === 0
          ? []
          : [
              '',
              output.table(
                columns,
                shards.map((shard) => columns.map((column) => shard[column])),
              ),
            ]),
      ].join('\n'),
    );
    return undefined;
  },
});
