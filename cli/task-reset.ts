import { Argument, InvalidArgumentError, Option } from 'commander';
import type { MessageCount, ResetPlan } from '../core/fdi/reset-task.ts';
import { command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import { countText } from './screen/words.ts';
import { moment } from './time.ts';

interface Options {
  readonly to: string;
  readonly yes?: boolean;
}

export const taskReset = command<Options>({
  path: 'task reset',
  summary: 'let a task read its topic from another place, and write again what it reads',
  details:
    'It says first which messages are written again and which are left out, and asks; a script says --yes. The positions of before are kept: ' +
    'the task begins a new epoch with positions and a ledger of its own, so rows of an insert come twice where messages are read again. ' +
    'To read again what a restored database lacks, without writing the rest twice, use "task start --from".',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option('--to <place>', 'earliest, latest, or a time: how long ago (10m), or ISO 8601')
      .argParser(target)
      .makeOptionMandatory(),
    new Option('--yes', 'do not ask'),
  ],
  examples: [
    ['causeway task reset ParkingHistory --to latest', 'leaves out what it has not written yet'],
    ['causeway task reset ParkingHistory --to 2h --yes', 'writes the last two hours again'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [task] = args as [string];
    const { client } = await platform();
    if (options.yes !== true) {
      const plan = await client.resetTask(task, options.to, true);
      const answer = await context.ask(`${planText(plan)}\nReset ${task} to ${plan.to}? [y/N] `);
      if (answer === undefined) {
        throw new UsageError(`${planText(plan)} Nobody can be asked here: say --yes to reset.`);
      }
      if (!/^y(es)?$/i.test(answer.trim())) {
        output.message('Nothing was reset.');
        return EXIT.failed;
      }
    }
    const plan = await client.resetTask(task, options.to, false);

    output.result(plan, () => `${task} is reset to ${plan.to}: epoch ${plan.epoch}. ${planText(plan)}`);
    if (plan.state === 'stopped') {
      output.message('It is stopped: "task start" lets it begin there.');
    }
    return undefined;
  },
});

function target(value: string): string {
  if (value === 'earliest' || value === 'latest') {
    return value;
  }
  try {
    return new Date(moment()(value)).toISOString();
  } catch {
    throw new InvalidArgumentError(
      'Allowed: earliest, latest, how long ago, such as 10m, 2h or 1d, or a time such as 2026-04-01T12:00:00Z.',
    );
  }
}

function planText({ again, skipped }: ResetPlan): string {
  if (again === null || skipped === null) {
    return 'What is written again or left out is not counted: it reads a topic of Kafka.';
  }
  const [written, left] = [again, skipped].map(messagesText);

  return `Written again: ${written}. Left out: ${left}.`;
}

function messagesText({ messages, more }: MessageCount): string {
  return `${more ? 'at least ' : ''}${countText(messages)} ${messages === 1 ? 'message' : 'messages'}`;
}
