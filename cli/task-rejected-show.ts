import { Buffer } from 'node:buffer';
import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { CommandFailed } from './errors.ts';
import type { RejectedDetails } from './management/rejected.ts';
import { payloadText } from './screen/payload.ts';
import { bytesText } from './screen/words.ts';
import { writeBytes } from './write-bytes.ts';

interface Options {
  readonly raw?: boolean;
  readonly corrected?: boolean;
  readonly out?: string;
}

/** Texts of JSON begin with it. */
const QUOTE = 0x22;

export const taskRejectedShow = command<Options>({
  path: 'task rejected show',
  summary: 'show a message a task could not write: why, where it came from, what was in it',
  details:
    'The payload is printed as text, or as a hex dump when it is none. With --raw or --out it comes as it was sent, byte for byte; of a file, a line that is no record as that line.',
  arguments: [new Argument('<task>', 'the task, by name'), new Argument('<id>', 'the number that the list shows')],
  options: [
    new Option('--raw', 'the payload alone on stdout, byte for byte').conflicts(['json', 'out']),
    new Option('--corrected', 'the corrected payload in place of the original'),
    new Option('--out <file>', 'the payload into a file, byte for byte'),
  ],
  examples: [
    ['causeway task rejected show ParkingHistory 17', 'the reason and the payload'],
    ['causeway task rejected show ParkingHistory 17 --raw | xxd', 'its bytes, for another program'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [task, id] = args as [string, string];
    const { client } = await platform();
    const record = await client.rejectedRecord(task, id);
    if (options.corrected === true && record.correction === null) {
      throw new CommandFailed(`The record ${id} of ${task} has no corrected payload.`);
    }
    const bytes = contentOf(
      record,
      Buffer.from((options.corrected === true && record.correction) || record.body, 'base64'),
    );
    if (options.raw === true) {
      context.stdout.write(bytes);
      return undefined;
    }
    const file = options.out === undefined ? undefined : await writeBytes(context.cwd, options.out, bytes);

    output.result({ ...record, ...(file !== undefined && { file }) }, () => {
      const facts = output.pairs([
        ['task', record.task],
        ['id', record.id],
        ['code', record.code],
        ['reason', record.reason],
        ['quarantined', record.quarantinedAt],
        ['received', record.eventTime],
        ['product id', record.productId],
        ['device', record.deviceId],
        ...(record.position === null
          ? ([
              ['trace id', record.traceId],
              ['position', `${record.shard} ${record.sequenceNumber} (epoch ${record.epoch})`],
              ['partition key', record.partitionKey],
            ] as const)
          : ([
              ['run', record.traceId],
              ['source', record.shard],
              ['position', record.position],
            ] as const)),
        ['mapping version', record.mappingVersion],
        ['model version', record.modelVersion],
        ['size', bytesText(record.bytes)],
        ...(record.attempts === 0
          ? []
          : [['replayed', `${record.attempts} times in vain, last ${record.attemptedAt}`] as const]),
        ...(record.correction === null
          ? []
          : [['corrected', `${record.correctedAt} by ${record.correctedBy}: --corrected shows it`] as const]),
      ]);

      return `${facts}\n\n${file === undefined ? payloadText(bytes) : `${bytesText(bytes.length)} into ${file}`}`;
    });
    return undefined;
  },
});

/** A record of a scheduled task is JSON; what is no record of its file is the line itself. */
function contentOf({ position }: Pick<RejectedDetails, 'position'>, bytes: Buffer): Buffer {
  if (position === null || bytes[0] !== QUOTE) {
    return bytes;
  }
  try {
    return Buffer.from(JSON.parse(bytes.toString('utf8')) as string);
  } catch {
    return bytes;
  }
}
