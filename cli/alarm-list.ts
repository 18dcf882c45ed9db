import { Option } from 'commander';
import { command } from './command.ts';
import { EXIT } from './errors.ts';

interface Options {
  readonly firing?: boolean;
}

/** `INSUFFICIENT_DATA` says less than it seems: nobody has measured anything yet. */
const WORDS = { OK: 'ok', ALARM: 'ALARM', INSUFFICIENT_DATA: 'no data' } as const;

export const alarmList = command<Options>({
  path: 'alarm list',
  summary: 'list the alarms and their states; exit code 1 while one of them rings',
  details:
    'Every alarm of the deployed stacks, by the construct it belongs to. The last column is the page that says what to look at and what to do.',
  options: [new Option('--firing', 'only those in alarm')],
  examples: [
    ['causeway alarm list', 'every alarm'],
    ['causeway alarm list --firing', 'what is wrong, if anything is'],
  ],
  platform: true,
  async run({ options, output, platform }) {
    const { client } = await platform();
    const all = await client.alarms();
    const firing = all.filter(({ state }) => state === 'ALARM');

    output.list(
      options.firing === true ? firing : all,
      {
        state: (alarm) => WORDS[alarm.state],
        alarm: (alarm) => alarm.name,
        since: (alarm) => (alarm.state === 'INSUFFICIENT_DATA' ? null : alarm.since),
        'what it means': (alarm) => alarm.description.replace(RUNBOOK, ''),
        'what to do': (alarm) => RUNBOOK.exec(alarm.description)?.[1],
      },
      options.firing === true ? 'No alarm rings.' : 'No alarms: no stack declares one.',
    );
    return firing.length === 0 ? undefined : EXIT.failed;
  },
});

const RUNBOOK = / What to do: (\S+)$/;
