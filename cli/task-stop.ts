import { Argument } from 'commander';
import { command } from './command.ts';

export const taskStop = command({
  path: 'task stop',
  summary: 'stop a task; a later deploy does not start it again',
  arguments: [new Argument('<task>', 'the task, by name')],
  examples: [['causeway task stop ParkingHistory', 'messages wait in the topic until it is started']],
  platform: true,
  async run({ args, output, platform }) {
    const [name] = args as [string];
    const { client } = await platform();
    const answer = await client.stopTask(name);

    output.result(answer, () => `${name} is stopped.`);
    return undefined;
  },
});
