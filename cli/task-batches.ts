import { Argument, Option } from 'commander';
import type { BatchEntry } from '../core/fdi/batch-entry.ts';
import { command } from './command.ts';
import { countText } from './screen/words.ts';
import { wholeNumber } from './settings.ts';
import { moment } from './time.ts';

interface Options {
  readonly since?: number;
  readonly limit: number;
}

export const taskBatches = command<Options>({
  path: 'task batches',
  summary: 'list the batches of a task that can be undone, or were, the last first',
  details:
    'With the rows that "task rollback" would undo, those of them that the batch added, those that are undone, and until when it can be. ' +
    'Of a task that only adds rows, batches are found by the numbers in them: in the newest 200,000 rows by a column that counts them or an index on the event time, else in all. When they were written is known by the event time column alone.',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option(
      '--since <time>',
      'written from then on: how long ago (10m), or ISO 8601; one day ago unless given',
    ).argParser(moment()),
    new Option('--limit <n>', 'the most batches').argParser(wholeNumber({ min: 1, max: 200 })).default(50),
  ],
  examples: [
    ['causeway task batches ParkingData --since 2h', 'what was written since the mapping was changed'],
    ['causeway task rollback ParkingData 3f1c0a9b77d2e64', 'undoes one of them'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [task] = args as [string];
    const { client } = await platform();
    const { since, limit } = options;
    const { table, items, more, within } = await client.batches(task, {
      limit: String(limit),
      ...(since !== undefined && { since: new Date(since).toISOString() }),
    });

    output.result({ table, items, more, ...(within && { within }) }, () =>
      items.length === 0
        ? `No batches of ${task} in ${table} since then; --since goes further back.`
        : output.table(
            ['batch', 'written', 'rows', 'added', 'undone', 'can be undone'],
            items.map((item) => [
              ...[item.batch, item.at, countText(item.rows), countText(item.added), countText(item.undone)],
              undoableText(item),
            ]),
          ),
    );
    if (within !== undefined) {
      output.message(
        `The newest ${countText(within.rows)} rows by ${within.column} were looked at: of batches that reach beyond them there are more. An index on the batch number counts them all.`,
      );
    } else if (more) {
      output.message('There are more: a larger --limit, or a later --since.');
    }
    return undefined;
  },
});

function undoableText({ isUndoable, until, undone }: BatchEntry): string {
  if (!isUndoable) {
    return undone > 0 ? 'undone' : 'no: its time is over';
  }

  return until === null ? 'yes' : `until ${until}`;
}
