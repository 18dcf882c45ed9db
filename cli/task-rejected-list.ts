import { Argument, Option } from 'commander';
import { command } from './command.ts';
import type { Rejected } from './management/rejected.ts';
import { bytesText } from './screen/words.ts';
import { wholeNumber } from './settings.ts';
import { moment } from './time.ts';

interface Options {
  readonly code?: string;
  readonly device?: string;
  readonly reason?: string;
  readonly column?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit: number;
  readonly next?: string;
}

/** The most the platform answers at once. */
const PAGE = 200;

export const taskRejectedList = command<Options>({
  path: 'task rejected list',
  summary: 'list the messages a task could not write, the last first',
  details:
    'They are in the quarantine with their exact bytes, which "task rejected show" prints. Of a scheduled task their position in its source is shown: ' +
    'key, file and line, or page. The codes are explained in docs/tasks.md.',
  arguments: [new Argument('<task>', 'the task, by name')],
  options: [
    new Option('--code <code>', 'only with this code: model, syntax, missing, …'),
    new Option('--device <device>', 'only of this device, by its physical id'),
    new Option('--reason <text>', 'only with this in the reason'),
    new Option('--column <name>', 'only refused for this column, or this property of the thing model'),
    new Option('--since <time>', 'quarantined from then on: how long ago (10m), or ISO 8601').argParser(moment()),
    new Option('--until <time>', 'quarantined before then').argParser(moment()),
    new Option('--limit <n>', 'the most messages').argParser(wholeNumber({ min: 1, max: 100_000 })).default(50),
    new Option('--next <token>', 'go on where a list ended that had more'),
  ],
  examples: [
    ['causeway task rejected list ParkingHistory', 'the last 50'],
    [
      'causeway task rejected list ParkingHistory --code model --since 1d',
      'what broke its thing model since yesterday',
    ],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [task] = args as [string];
    const { client } = await platform();
    const { since, until, limit, next: from, code, device, reason, column } = options;
    const query = {
      ...(code !== undefined && { code }),
      ...(device !== undefined && { device }),
      ...(reason !== undefined && { reason }),
      ...(column !== undefined && { column }),
      ...(since !== undefined && { since: new Date(since).toISOString() }),
      ...(until !== undefined && { until: new Date(until).toISOString() }),
    };
    const items: Rejected[] = [];
    let next = from;
    do {
      const page = await client.rejected(task, {
        ...query,
        limit: String(Math.min(limit - items.length, PAGE)),
        ...(next !== undefined && { next }),
      });
      items.push(...page.items);
      next = page.next;
    } while (next !== undefined && items.length < limit);

    output.result({ items, ...(next !== undefined && { next }) }, () =>
      items.length === 0
        ? `No quarantined messages of ${task}.`
        : output.table(
            ['id', 'quarantined', 'code', items.some(isOfRun) ? 'position' : 'device', 'size', 'tries', 'reason'],
            items.map((item) => [
              ...[item.id, item.quarantinedAt, item.code, item.position ?? item.deviceId],
              ...[bytesText(item.bytes), item.corrected ? `${item.attempts}, corrected` : item.attempts, item.reason],
            ]),
          ),
    );
    if (next !== undefined) {
      output.message(`There are more: --next ${next}`);
    }
    return undefined;
  },
});

function isOfRun({ position }: Rejected): boolean {
  return position !== null;
}
