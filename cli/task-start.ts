import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { eachTask } from './each-task.ts';
import { text } from './settings.ts';

interface Options {
  readonly from?: string;
}

export const taskStart = command<Options>({
  path: 'task start',
  summary: 'start tasks; each goes on where it stopped',
  details:
    'With --from it reads its topic again from that moment, running or not. What is written already stays as it is; an at-least-once task writes it again.',
  options: [
    new Option('--from <time>', 'read again what arrived since, such as 2026-11-24T08:00:00Z').argParser(
      text({ min: 1, max: 40 }),
    ),
  ],
  arguments: [new Argument('<tasks...>', 'tasks, by name')],
  examples: [
    ['causeway task start ParkingHistory', 'reads on from its position; nothing was skipped meanwhile'],
    ['causeway task start ParkingHistory ParkingData', 'both'],
    ['causeway task start ParkingHistory --from 2026-11-24T08:00:00Z', 'after the database was restored to that time'],
  ],
  platform: true,
  async run(call) {
    const { client } = await call.platform();

    return eachTask(
      call,
      (task) => client.startTask(task, call.options.from),
      (task) => `${task} is started.`,
    );
  },
});
