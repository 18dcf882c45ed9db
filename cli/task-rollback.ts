import { setTimeout as pause } from 'node:timers/promises';
import { Argument, Option } from 'commander';
import type { LeftReason, LeftRow, RollbackAnswer } from '../core/fdi/rollback-batch.ts';
import { type Call, command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import type { ManagementClient } from './management-client.ts';
import { patiently } from './patiently.ts';
import { countText } from './screen/words.ts';

interface Options {
  readonly dryRun?: true;
  readonly yes?: boolean;
}

const REASONS: Readonly<Record<LeftReason, string>> = {
  changed: 'somebody else has changed it since',
  gone: 'somebody else has deleted it since',
  'changed-between': 'somebody else, or a batch with other columns, changed it before a later batch did',
  refused: 'the database does not take it as it was',
};
const SHOWN = 20;

type Total = Omit<RollbackAnswer, 'next' | 'before'> & { readonly interrupted?: true };

export const taskRollback = command<Options>({
  path: 'task rollback',
  summary: 'undo what one batch of a task wrote, row by row as it was before',
  details:
    'Rows it added are deleted, rows it changed or deleted are as they were, with the batch number of before. A row that a later batch changed again stays: ' +
    'undoing that one then leads to what was before this one. A row that somebody else changed is left and named. It says first what it would do, and asks; a script says --yes. ' +
    'Ended on the way, the same command goes on. The messages do not come again by themselves, and the ledger counts them as written.',
  arguments: [
    new Argument('<task>', 'the task, by name'),
    new Argument('<batch>', 'the batch number, as the rows have it: 15 digits and letters from a to f'),
  ],
  options: [new Option('--dry-run', 'only say what would become of the rows'), new Option('--yes', 'do not ask')],
  examples: [
    ['causeway task rollback ParkingData 3f1c0a9b77d2e64 --dry-run', 'what it would do'],
    ['causeway task rollback ParkingData 3f1c0a9b77d2e64', 'says that, asks, and does it'],
  ],
  platform: true,
  async run(call) {
    const { args, options, output, context, platform } = call;
    const [task, batch] = args as [string, string];
    const { client } = await platform();
    if (options.dryRun === true || options.yes !== true) {
      const would = await whole(call, client, { batch, preview: true }, () => false);
      const text = [`Batch ${batch} of ${task}, in ${would.table}:`, ...lines(would, WOULD)].join('\n');
      if (options.dryRun === true) {
        output.result({ task, ...would, done: false }, () => text);
        return EXIT.ok;
      }
      const answer = await context.ask(`${text}\nUndo it? [y/N] `);
      if (answer === undefined) {
        throw new UsageError(`${text}\nNobody can be asked here: say --yes to undo it.`);
      }
      if (!/^y(es)?$/i.test(answer.trim())) {
        output.message('Nothing was undone.');
        return EXIT.failed;
      }
    }
    let interrupted = false;
    const release = context.onInterrupt(() => {
      interrupted = true;
    });
    let done: Total;
    try {
      done = await whole(call, client, { batch }, () => interrupted);
    } finally {
      release();
    }
    output.result({ task, ...done, done: true }, () =>
      [
        `Batch ${batch} of ${task}, in ${done.table}:`,
        ...lines(done, DONE),
        ...(done.interrupted ? ['Ended before its end: run the same command again to go on.'] : []),
      ].join('\n'),
    );

    return done.left > 0 || done.interrupted ? EXIT.failed : EXIT.ok;
  },
});

/** In as many calls as it takes. */
async function whole(
  { args, output }: Call<Options>,
  client: ManagementClient,
  request: { readonly batch: string; readonly preview?: boolean },
  ended: () => boolean,
): Promise<Total> {
  const [task] = args as [string];
  let total: Total | undefined;
  let after: number | undefined;
  do {
    const place = after === undefined ? {} : { after };
    const {
      next,
      before: _before,
      ...answer
    } = await patiently(output, pause, () => client.rollbackBatch(task, { ...request, ...place }));
    total = total === undefined ? answer : sum(total, answer);
    after = next;
    if (after !== undefined && ended()) {
      return { ...total, interrupted: true };
    }
  } while (after !== undefined);

  return total;
}

function sum(a: Total, b: Total): Total {
  return {
    ...a,
    restored: a.restored + b.restored,
    deleted: a.deleted + b.deleted,
    handedOn: a.handedOn + b.handedOn,
    left: a.left + b.left,
    examples: [...a.examples, ...b.examples].slice(0, SHOWN),
  };
}

interface Words {
  readonly restored: string;
  readonly deleted: string;
  readonly handedOn: string;
  readonly left: string;
  readonly none: string;
}

const WOULD: Words = {
  restored: 'would be as they were before it',
  deleted: 'would be deleted: it added them',
  handedOn: 'would stay: a later batch changed them again',
  left: 'would be left',
  none: 'Nothing of it is left to undo.',
};
const DONE: Words = {
  restored: 'are as they were before it',
  deleted: 'are deleted: it had added them',
  handedOn: 'stay: a later batch changed them again, and undoing that one leads to what was before this one',
  left: 'are left',
  none: 'Nothing of it was left to undo.',
};

function lines({ restored, deleted, handedOn, left, examples, withoutImage = 0 }: Total, words: Words): string[] {
  const counts = Object.entries({ restored, deleted, handedOn, left }) as [keyof Words, number][];
  const told = counts.filter(([, count]) => count > 0);
  const width = Math.max(0, ...told.map(([, count]) => countText(count).length));

  return [
    ...(told.length === 0 ? [`  ${words.none}`] : []),
    ...told.map(([what, count]) => `  ${countText(count).padStart(width)}  ${words[what]}`),
    ...(withoutImage > 0
      ? [`  ${countText(withoutImage)} more carry its number and nothing of them was kept: they stay.`]
      : []),
    ...examples.slice(0, SHOWN).map(leftText),
    ...(left > Math.min(SHOWN, examples.length) ? ['  … and others like these.'] : []),
  ];
}

function leftText({ key, reason, message }: LeftRow): string {
  const name = Object.entries(key).map(([column, value]) => `${column}=${value}`);

  return `  left: ${name.join(', ')}: ${REASONS[reason]}${message === undefined ? '' : ` (${message})`}`;
}
