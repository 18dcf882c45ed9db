import { Argument } from 'commander';
import { command } from './command.ts';
import { eachTask } from './each-task.ts';

export const taskStop = command({
  path: 'task stop',
  summary: 'stop tasks; a later deploy does not start them again',
  arguments: [new Argument('<tasks...>', 'tasks, by name')],
  examples: [
    ['causeway task stop ParkingHistory', 'messages wait in the topic until it is started'],
    ['causeway task stop ParkingHistory ParkingData', 'both'],
  ],
  platform: true,
  async run(call) {
    const { client } = await call.platform();

    return eachTask(
      call,
      (task) => client.stopTask(task),
      (task) => `${task} is stopped.`,
    );
  },
});
