import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Argument, Option } from 'commander';
import { type Call, command } from './command.ts';
import { CommandFailed } from './errors.ts';
import type { Message, MessagePage, MessageQuery } from './management/topics.ts';
import { bytesText, countText } from './screen/words.ts';
import { oneOf, wholeNumber } from './settings.ts';
import { moment } from './time.ts';

interface Options {
  readonly since?: number;
  readonly until?: number;
  readonly key?: string;
  readonly partition?: string;
  readonly sequence?: string;
  readonly limit: number;
  readonly download?: string;
  readonly format: 'jsonl' | 'raw';
}

const TEN_MINUTES_MS = 600_000;
/** Of one page; the platform takes no more. */
const PAGE = 500;

export const messageQuery = command<Options>({
  path: 'message query',
  summary: 'look at the messages of a topic',
  details: [
    'In order of arrival over all partitions: when the topic took each, its partition, key and size, what the device sent.',
    'It reads along with the consumers and takes nothing away from them; a long time of a busy topic takes a while.',
  ].join(' '),
  arguments: [new Argument('<topic>', 'the topic, by name')],
  options: [
    new Option(
      '--since <time>',
      'arrived from then on: how long ago (10m), or ISO 8601; 10 minutes ago unless given',
    ).argParser(moment()),
    new Option('--until <time>', 'arrived up to then; now unless given').argParser(moment()),
    new Option('--key <text>', 'only this partition key: the device id, for what devices sent'),
    new Option('--partition <id>', 'only this shard: its number, or shardId-…'),
    new Option('--sequence <number>', 'the one message with this sequence number').conflicts(['since', 'until', 'key']),
    new Option('--limit <n>', 'the most messages').argParser(wholeNumber({ min: 1, max: 1_000_000 })).default(20),
    new Option('--download <file>', 'write the messages into a file instead of showing them'),
    new Option(
      '--format <format>',
      'of the file: jsonl, all about each message; raw, the payloads alone, byte for byte',
    )
      .argParser(oneOf('jsonl', 'raw'))
      .default('jsonl'),
  ],
  examples: [
    ['causeway message query ParkingEvents', 'the last 10 minutes'],
    ['causeway message query ParkingEvents --since 2h --key S-001', 'what one sensor sent'],
    ['causeway message query ParkingEvents --since 1d --limit 100000 --download day.jsonl', 'into a file'],
  ],
  platform: true,
  async run(call) {
    const { args, options, output, platform } = call;
    const [topic] = args as [string];
    const { client } = await platform();
    const ask = (query: MessageQuery) => client.messages(topic, query);
    if (options.download !== undefined) {
      await download(call, options.download, found(ask, options));
      return undefined;
    }
    const messages: Message[] = [];
    let end: End = { more: false, read: 0, until: 0 };
    for await (const step of found(ask, options)) {
      messages.push(...step.items);
      end = step.end;
    }
    output.list(
      messages,
      {
        arrived: ({ arrivedAt }) => arrivedAt,
        partition: ({ partition }) => partition.replace(/^shardId-0*(?=\d)/, ''),
        key: ({ key }) => key,
        size: ({ size }) => bytesText(size),
        'sequence number': ({ sequenceNumber }) => sequenceNumber,
        message: bodyText,
      },
      'No messages.',
    );
    output.message(endText(end, messages.length));

    return undefined;
  },
});

interface End {
  /** There may be more behind the last one. */
  readonly more: boolean;
  readonly read: number;
  readonly until: number;
}

/** Page after page, until the limit or the end. */
async function* found(
  ask: (query: MessageQuery) => Promise<MessagePage>,
  options: Options,
): AsyncGenerator<{ readonly items: readonly Message[]; readonly end: End }> {
  const { since = Date.now() - TEN_MINUTES_MS, until, key, partition, sequence, limit } = options;
  const query = {
    ...(sequence === undefined ? { since } : { sequence }),
    ...(until !== undefined && { until }),
    ...(key !== undefined && { key }),
    ...(partition !== undefined && { partition }),
  };
  let left = limit;
  let read = 0;
  let next: string | undefined;
  do {
    const page = await ask({ ...query, limit: Math.min(left, PAGE), ...(next !== undefined && { next }) });
    left -= page.items.length;
    read += page.read;
    next = page.next;
    yield { items: page.items, end: { more: next !== undefined, read, until: page.until } };
  } while (next !== undefined && left > 0);
}

async function download(
  { options, output, context }: Call<Options>,
  name: string,
  steps: ReturnType<typeof found>,
): Promise<void> {
  const file = resolve(context.cwd, name);
  const handle = await open(file, 'w', 0o600).catch((cause: Error) => {
    throw new CommandFailed(`${file} cannot be written: ${cause.message}`, { cause });
  });
  let messages = 0;
  let end: End = { more: false, read: 0, until: 0 };
  try {
    for await (const step of steps) {
      for (const message of step.items) {
        const { payload, encoding } = message;
        await handle.writeFile(
          options.format === 'raw' ? Buffer.from(payload, encoding) : `${JSON.stringify(message)}\n`,
        );
      }
      messages += step.items.length;
      end = step.end;
    }
  } finally {
    await handle.close();
  }
  output.result({ file, messages, more: end.more }, () => `${countText(messages)} messages into ${file}`);
  output.message(endText(end, messages));
}

function bodyText({ payload, encoding, problem }: Message): string {
  const text = encoding === 'utf8' ? payload : `(base64) ${payload}`;

  return problem === undefined ? text : `${text} (no message of a rule: ${problem})`;
}

function endText({ more, read, until }: End, messages: number): string {
  const looked = `${countText(messages)} of ${countText(read)} records read`;

  return more
    ? `${looked}; there may be more: raise --limit.`
    : `${looked}; that is all up to ${new Date(until).toISOString()}.`;
}
