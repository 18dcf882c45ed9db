import { Argument } from 'commander';
import { command } from './command.ts';

export const taskStart = command({
  path: 'task start',
  summary: 'start a task; it goes on where it stopped',
  arguments: [new Argument('<task>', 'the task, by name')],
  examples: [['causeway task start ParkingHistory', 'reads on from its position; nothing was skipped meanwhile']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const answer = await client.startTask(name);

    output.result(answer, () => `${name} is started.`);
    return undefined;
  },
});
