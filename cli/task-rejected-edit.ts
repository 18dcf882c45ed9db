import { Argument, Option } from 'commander';
import { command } from './command.ts';
import { UsageError } from './errors.ts';
import { contentOf } from './file-content.ts';
import { bytesText } from './screen/words.ts';

interface Options {
  readonly file?: string;
  readonly takeBack?: true;
}

export const taskRejectedEdit = command<Options>({
  path: 'task rejected edit',
  summary: 'give a message that a task could not write a corrected payload',
  details:
    'From a file, or from standard input with "--file -"; byte for byte. It is kept beside the original, which stays as it was sent, and is what "task rejected replay" replays. ' +
    'Another correction takes its place. Who corrected it is kept, too. A record of a scheduled task is an object of JSON, as "task rejected show" prints it; of a file of CSV also the line as it should be, read by the columns and the separator of its file.',
  arguments: [new Argument('<task>', 'the task, by name'), new Argument('<id>', 'the number that the list shows')],
  options: [
    new Option('--file <file>', 'the corrected payload; - for standard input').conflicts(['takeBack']),
    new Option('--take-back', 'the original is replayed again, as it is'),
  ],
  examples: [
    ['causeway task rejected show ParkingHistory 17 --raw > 17.json', 'the payload, to be corrected with an editor'],
    ['causeway task rejected edit ParkingHistory 17 --file 17.json', 'the corrected one'],
    ['causeway task rejected edit Orders 18 --file 18.csv', 'the line as it should be, of a file of CSV'],
    ['causeway task rejected replay ParkingHistory --id 17', 'written'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [task, id] = args as [string, string];
    const { file, takeBack } = options;
    if (file === undefined && takeBack !== true) {
      throw new UsageError('Say what the payload is to be: --file <file>, --file - or --take-back.');
    }
    const bytes = file === undefined ? undefined : await contentOf(context.cwd, file);
    const { client } = await platform();
    const { record } = await client.correctRejected(task, id, bytes?.toString('base64'));

    output.result(
      { task, id: Number(id), ...(bytes !== undefined && { bytes: bytes.length }), ...(record && { record }) },
      () => {
        if (record !== undefined) {
          return `Record ${id} of ${task} is corrected to ${JSON.stringify(record)}; task rejected replay writes it.`;
        }

        return bytes === undefined
          ? `Record ${id} of ${task} has no corrected payload any more.`
          : `Record ${id} of ${task} has a corrected payload of ${bytesText(bytes.length)}; task rejected replay writes it.`;
      },
    );
    return undefined;
  },
});
