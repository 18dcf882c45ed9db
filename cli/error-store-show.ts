import { Buffer } from 'node:buffer';
import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { UsageError } from './errors.ts';
import { payloadText } from './screen/payload.ts';
import { bytesText } from './screen/words.ts';
import { writeBytes } from './write-bytes.ts';

interface Options {
  readonly raw?: boolean;
  readonly out?: string;
}

export const errorStoreShow = command<Options>({
  path: 'error-store show',
  summary: 'show a message that no topic took: what failed, and what the device sent',
  details:
    'The payload is printed as text, or as a hex dump when it is none. With --raw or --out it comes as it was sent, byte for byte.',
  arguments: [new Argument('<key>', 'the key that the list shows')],
  options: [
    new Option('--raw', 'the payload alone on stdout, byte for byte').conflicts(['json', 'out']),
    new Option('--out <file>', 'the payload into a file, byte for byte'),
  ],
  examples: [
    ['causeway error-store show p1a2b3c4d5e6/S-001/1764000000000-0b1c.json', 'what failed, and the payload'],
    ['causeway error-store show p1a2b3c4d5e6/S-001/1764000000000-0b1c.json --out payload.bin', 'its bytes in a file'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [key] = args as [string];
    const parts = key.split('/');
    if (parts.length !== 3 || parts.includes('')) {
      throw new UsageError(
        `key: received ${JSON.stringify(key)}; allowed: <product id>/<device>/<object>, as the list shows it`,
      );
    }
    const { client } = await platform();
    const error = await client.storedError(parts as [string, string, string]);
    const bytes = Buffer.from(error.payload, 'base64');
    if (options.raw === true) {
      context.stdout.write(bytes);
      return undefined;
    }
    const file = options.out === undefined ? undefined : await writeBytes(context.cwd, options.out, bytes);

    output.result({ ...error, ...(file !== undefined && { file }) }, () => {
      const facts = output.pairs([
        ['key', error.key],
        ['product', error.product ?? error.productId],
        ['device', error.device],
        ['received', error.at],
        ['rule', error.rule],
        ['topic', error.topic],
        ['client id', error.clientId],
        ['trace id', error.traceId],
        ...error.failures.flatMap(({ action, resource, reason }) => [
          ['failed action', `${action} on ${resource}`] as const,
          ['reason', reason] as const,
        ]),
        ...(error.problem === null ? [] : [['problem', error.problem] as const]),
        ['size', bytesText(bytes.length)],
      ]);

      return `${facts}\n\n${file === undefined ? payloadText(bytes) : `${bytesText(bytes.length)} into ${file}`}`;
    });
    return undefined;
  },
});
