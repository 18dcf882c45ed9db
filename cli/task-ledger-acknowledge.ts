import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import { differenceText } from './screen/ledger-text.ts';

interface Options {
  readonly reason: string;
  readonly yes?: boolean;
}

export const taskLedgerAcknowledge = command<Options>({
  path: 'task ledger acknowledge',
  summary: "acknowledge a difference in a task's ledger that is explained and cannot be made good",
  details:
    'The account goes on as if the messages were handled: its alarm ends, and the next difference stands out. Asks first; a script says --yes. ' +
    'Who did it and why is in the log. What is still in the topic is read again by "causeway task start --from" instead.',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option('--reason <text>', 'why nothing more is to be done, up to 500 characters').makeOptionMandatory(),
    new Option('--yes', 'do not ask'),
  ],
  examples: [
    [
      "causeway task ledger acknowledge ParkingHistory --reason 'stopped for four days, INC-4711'",
      'says how many, and asks',
    ],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [task] = args as [string];
    const { client } = await platform();
    const { ledger } = await client.ledger(task);
    const difference = (ledger?.lost ?? 0) - (ledger?.doubled ?? 0);
    if (difference === 0) {
      output.message(`The ledger of ${task} has no difference to acknowledge.`);
      return EXIT.failed;
    }
    const what = differenceText(difference);
    if (options.yes !== true) {
      const answer = await context.ask(`Acknowledge that of ${task} ${what} for good? [y/N] `);
      if (answer === undefined) {
        throw new UsageError('Nobody can be asked here: say --yes to acknowledge.');
      }
      if (!/^y(es)?$/i.test(answer.trim())) {
        output.message('Nothing was acknowledged.');
        return EXIT.failed;
      }
    }
    await client.acknowledgeDifference(task, difference, options.reason);

    output.result({ task, difference, reason: options.reason }, () => `${task}: ${what}, acknowledged.`);
    return undefined;
  },
});
