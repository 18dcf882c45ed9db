import { Buffer } from 'node:buffer';
import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import { contentOf } from './file-content.ts';
import { wholeNumber } from './settings.ts';

interface Options {
  readonly message?: string;
  readonly file?: string;
  readonly product?: string;
  readonly device?: string;
  readonly key?: string;
  readonly eventTime?: number;
}

export const taskTry = command<Options>({
  path: 'task try',
  summary: 'show what would become of a message: the row and its SQL, or why not; nothing is written',
  details:
    'The task’s own consumer reads the message with its present mapping and table. With --product and --device it is a message of that device, and the thing model of its product judges it. ' +
    'Exits with 1 when the message would go into the quarantine.',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option('--message <text>', 'the payload').conflicts(['file']),
    new Option('--file <file>', 'the payload, byte for byte; - for standard input'),
    new Option('--product <product>', 'the product of the device that would send it, by name'),
    new Option('--device <device>', 'physical id of that device'),
    new Option('--key <key>', 'the key of a Kafka record'),
    new Option('--event-time <ms>', 'when the broker would have received it; default: now').argParser(
      wholeNumber({ min: 0, max: 8.64e15 }),
    ),
  ],
  examples: [
    [`causeway task try ParkingHistory --message '{"deviceId":"S-001","status":"0"}'`, 'the row it would become'],
    ['causeway task try ParkingHistory --file odd.json --product ParkingSensor --device S-001', 'judged by the model'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [task] = args as [string];
    const { message, file, key, eventTime, product, device } = options;
    if ((message === undefined) === (file === undefined)) {
      throw new UsageError('Say what the message is: --message <text>, or --file <file> (- for standard input).');
    }
    if ((product === undefined) !== (device === undefined)) {
      throw new UsageError('A device is named by both: --product <product> --device <device>.');
    }
    const payload = file === undefined ? Buffer.from(message ?? '') : await contentOf(context.cwd, file);
    const { client } = await platform();
    const sender = product === undefined ? {} : senderOf(await client.device(product, device ?? ''));
    const trial = await client.tryMessage(task, {
      payload: payload.toString('base64'),
      ...sender,
      ...(key !== undefined && { key }),
      ...(eventTime !== undefined && { eventTime }),
    });

    output.result(trial, () => {
      const facts = output.pairs([
        ['outcome', trial.outcome],
        ['table', trial.table],
        ['model version', trial.modelVersion],
        ['warning', trial.warning],
        ...(trial.outcome === 'quarantined'
          ? ([
              ['code', trial.code],
              ['reason', trial.reason],
            ] as const)
          : []),
      ]);
      const seen = trial.message === undefined ? '' : `\n\npaths lead into\n${JSON.stringify(trial.message, null, 2)}`;

      return trial.outcome === 'quarantined' ? `${facts}${seen}` : `${facts}${seen}\n\n${writtenText(trial)}`;
    });
    return trial.outcome === 'quarantined' ? EXIT.failed : undefined;

    function writtenText({ row, sql, parameters }: Extract<typeof trial, { outcome: 'written' }>): string {
      const bound = Object.entries(parameters).map(([name, value]) => [`:${name}`, String(value)] as const);

      return `row\n${output.pairs(Object.entries(row).map(([name, text]) => [name, text ?? 'NULL']))}\n\n${sql}\n\n${output.pairs(bound)}`;
    }
  },
});

function senderOf({ clientId, publish }: { readonly clientId: string; readonly publish?: string }) {
  const [productId = '', , deviceId = ''] = (publish ?? '').split('/');

  return { clientId, productId, deviceId };
}
