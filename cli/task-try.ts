import { Buffer } from 'node:buffer';
import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import { contentOf } from './file-content.ts';
import type { TriedRecords } from './management/runs.ts';
import type { Output } from './screen/output.ts';
import { wholeNumber } from './settings.ts';

interface Options {
  readonly message?: string;
  readonly file?: string;
  readonly product?: string;
  readonly device?: string;
  readonly key?: string;
  readonly eventTime?: number;
  readonly sample?: string;
  readonly rows?: number;
}

const MESSAGE = ['message', 'file', 'product', 'device', 'key', 'eventTime'];

export const taskTry = command<Options>({
  path: 'task try',
  summary: 'show what would become of a message: the row and its SQL, or why not; nothing is written',
  details:
    'The task’s own consumer reads the message with its present mapping and table. With --product and --device it is a message of that device, and the thing model of its product judges it. ' +
    'Exits with 1 when the message would go into the quarantine. ' +
    'Of a scheduled task: what would become of the first rows of its source (--rows), or of records in a file (--sample): rows and SQL, messages, or requests.',
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
    new Option('--rows <n>', 'of a scheduled task: so many rows from the beginning of its source')
      .argParser(wholeNumber({ min: 1, max: 100 }))
      .conflicts(MESSAGE),
    new Option(
      '--sample <file>',
      'of a scheduled task: a record as JSON, or a list of them; - for standard input',
    ).conflicts([...MESSAGE, 'rows']),
  ],
  examples: [
    [`causeway task try ParkingHistory --message '{"deviceId":"S-001","status":"0"}'`, 'the row it would become'],
    ['causeway task try ParkingHistory --file odd.json --product ParkingSensor --device S-001', 'judged by the model'],
    ['causeway task try OrdersOut --rows 3', 'what would be sent of the first rows of a scheduled task'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [task] = args as [string];
    if (options.rows !== undefined || options.sample !== undefined) {
      return tried(await (await platform()).client.tryRecords(task, await sampleOf(options, context.cwd)), output);
    }
    const { message, file, key, eventTime, product, device } = options;
    if ((message === undefined) === (file === undefined)) {
      throw new UsageError(
        'Say what the message is: --message <text>, or --file <file> (- for standard input). Of a scheduled task: --rows <n>, or --sample <file>.',
      );
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

/** @throws UsageError for a file that holds no records */
async function sampleOf({ sample, rows }: Options, folder: string): Promise<object> {
  if (sample === undefined) {
    return { rows };
  }
  const text = (await contentOf(folder, sample)).toString();
  try {
    const records: unknown = JSON.parse(text);

    return { records: Array.isArray(records) ? records : [records] };
  } catch (cause) {
    throw new UsageError(`${sample} is not JSON: a record, or a list of them.`, { cause });
  }
}

function tried(trial: TriedRecords, output: Output): number | undefined {
  const { task, target, records } = trial;
  output.result(trial, () => {
    const shown = records.map(({ position, record, ...rest }) => {
      const told = rest.outcome === 'written' ? rest.written : `${rest.code}: ${rest.reason}`;

      return `${position}: ${rest.outcome}\n${textOf(record)}\n${textOf(told)}`;
    });

    return [
      output.pairs([
        ['task', task],
        ['target', target],
      ]),
      ...shown,
    ].join('\n\n');
  });

  return records.some(({ outcome }) => outcome === 'quarantined') ? EXIT.failed : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function senderOf({ clientId, publish }: { readonly clientId: string; readonly publish?: string }) {
  const [productId = '', , deviceId = ''] = (publish ?? '').split('/');

  return { clientId, productId, deviceId };
}
