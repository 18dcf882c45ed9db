import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import { commandText } from './screen/command-text.ts';
import { wholeNumber } from './settings.ts';

interface Options {
  readonly service: string;
  readonly command: string;
  readonly params?: string;
  readonly async?: boolean;
  readonly timeout?: number;
  readonly expires?: number;
}

export const deviceCommandSend = command<Options>({
  path: 'device command send',
  summary: 'send a device a command of its thing model, and wait for what it answers',
  details:
    'Parameters are checked before anything is sent. A device that is offline is refused at once; with --async the command waits until the device subscribes to the topic of its commands, and "device command show" tells what became of it. The exit code is 1 when the device said that it did not do it, or did not answer.',
  arguments: [new Argument('<product>', 'the product, by name'), new Argument('<device>', 'physical id of the device')],
  options: [
    new Option('--service <name>', 'the service of the thing model that has the command').makeOptionMandatory(),
    new Option('--command <name>', 'the command').makeOptionMandatory(),
    new Option('--params <json>', 'its parameters, a JSON object; none by default'),
    new Option('--async', 'do not wait for the answer'),
    new Option(
      '--timeout <seconds>',
      'how long the device may take, 1 to 25; with --async 1 to 3600, 60 by default',
    ).argParser(wholeNumber({ min: 1, max: 3600 })),
    new Option('--expires <seconds>', 'with --async: how long it waits for its device; a day by default').argParser(
      wholeNumber({ min: 1, max: 604_800 }),
    ),
  ],
  examples: [
    [
      `causeway device command send ParkingGate G-IN --service Barrier --command open --params '{"seconds":5}'`,
      'what the barrier answers, within five seconds',
    ],
    [
      'causeway device command send ParkingGate G-IN --service Barrier --command restart --async --expires 3600',
      'sent when it is there, within an hour',
    ],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [product, device] = args as [string, string];
    if (options.expires !== undefined && options.async !== true) {
      throw new UsageError('--expires is for commands that wait for their device: add --async.');
    }
    const { client } = await platform();
    const sent = await client.sendCommand(product, device, {
      service: options.service,
      command: options.command,
      mode: options.async === true ? 'async' : 'sync',
      ...(options.params === undefined ? {} : { params: parsed(options.params) }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
      ...(options.expires === undefined ? {} : { expiresIn: options.expires }),
    });

    output.result(sent, () => commandText(output, sent));
    return sent.status === 'failed' ? EXIT.failed : EXIT.ok;
  },
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--params: received ${JSON.stringify(text)}; allowed: a JSON object, '{"seconds":5}'.`);
  }
}
