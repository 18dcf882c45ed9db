import { command } from './command.ts';
import { countText } from './screen/words.ts';

export const taskList = command({
  path: 'task list',
  summary: 'list tasks with their state and counts',
  examples: [['causeway task list', 'every task of the platform']],
  platform: true,
  async run({ output, platform }) {
    const { client } = await platform();

    output.list(
      await client.tasks(),
      {
        task: (task) => task.name,
        state: (task) => task.state,
        source: (task) => task.topic ?? task.source ?? null,
        table: (task) => task.table,
        written: (task) => countText(task.written),
        quarantined: (task) => countText(task.quarantined),
        'in flight': (task) => (task.ledger === null ? null : countText(task.ledger.inFlight)),
        last: (task) => task.updatedAt,
        when: (task) => task.schedule ?? 'as messages come',
      },
      'No tasks: the integration declares none.',
    );
    return undefined;
  },
});
