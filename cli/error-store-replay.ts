import { setTimeout as pause } from 'node:timers/promises';
import { Argument, Option } from 'commander';
import { type Call, command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import type { ReplayedErrors } from './management/error-store.ts';
import type { ManagementClient } from './management-client.ts';
import { patiently } from './patiently.ts';
import { createProgress } from './screen/progress.ts';
import { countText } from './screen/words.ts';
import { several, text } from './settings.ts';
import { moment } from './time.ts';

interface Options {
  readonly key?: readonly string[];
  readonly all?: true;
  readonly product?: string;
  readonly device?: string;
  readonly since?: number;
  readonly until?: number;
}

/** What is not replayed is listed so far; with --json it is all there. */
const SHOWN = 10;
/** As many as the platform takes at once. */
const KEYS_AT_ONCE = 500;
const PAGE = 1000;

export const errorStoreReplay = command<Options>({
  path: 'error-store replay',
  summary: 'put messages that no topic took into their topic',
  details:
    'As the rule would have: the same bytes, device, time and trace id, under the same partition key. Each is removed from the store when the topic has ' +
    'acknowledged it; one that a killed replay had put there already is found and not put again. Run it again to go on where it was ended. ' +
    'They come behind what devices have sent since: a table that keeps the last state needs an event time column.',
  arguments: [new Argument('<name>', 'a topic, or a rule for the messages of its product only')],
  options: [
    new Option('--all', 'everything that was for the topic').conflicts(['key']),
    new Option('--key <key>', 'this one, as the list shows it; the option again for another').argParser(
      several(text({ min: 1, max: 600 })),
    ),
    new Option('--product <name>', 'only of this product, by name or id').conflicts(['key']),
    new Option('--device <device>', 'only of this device of the product').conflicts(['key']),
    new Option('--since <time>', 'taken by the rule from then on: how long ago (10m), or ISO 8601')
      .argParser(moment())
      .conflicts(['key']),
    new Option('--until <time>', 'taken by the rule before then').argParser(moment()).conflicts(['key']),
  ],
  examples: [
    ['causeway error-store replay ParkingEvents --all', 'everything that was for the topic'],
    ['causeway error-store replay ParkingEvents --product ParkingSensor --since 2h', 'of one product, of two hours'],
  ],
  platform: true,
  async run(call) {
    const { args, options, output, platform } = call;
    const [target] = args as [string];
    const { all, key: keys, ...rest } = options;
    const filter = filterOf(rest);
    if (all !== true && keys === undefined && Object.keys(filter).length === 0) {
      throw new UsageError('Say which messages: --all, --key, --product, --since or --until.');
    }
    const { client } = await platform();
    const total = output.live ? (keys?.length ?? (await count(client, filter))) : 0;
    const bar = createProgress(output, 'replaying', total, '{value}/{total} replayed, {left} left');
    let sum: Sum = { replayed: 0, settled: 0, left: 0, skipped: [] };
    let interrupted = false;
    const release = call.context.onInterrupt(() => {
      interrupted = true;
    });
    const ended = () => interrupted;
    try {
      for await (const answer of answers(call, client, { target, ...filter }, keys)) {
        sum = added(sum, answer);
        bar.update(sum.replayed + sum.settled, { left: sum.left + sum.skipped.length });
        if (ended()) break;
      }
    } finally {
      bar.stop();
      release();
    }
    const { replayed, settled, left, skipped } = sum;
    output.result({ target, replayed: replayed + settled, left, skipped, ...(ended() && { interrupted: true }) }, () =>
      [
        `${countText(replayed + settled)} messages are in their topic.`,
        ...(left > 0 ? [`${countText(left)} it did not take now: run the same command again.`] : []),
        ...skipped.slice(0, SHOWN).map(({ key, reason }) => `${key} stays: ${reason}`),
        ...(skipped.length > SHOWN ? [`… and ${countText(skipped.length - SHOWN)} more stay; --json lists them.`] : []),
        ...(ended() ? ['Ended before its end: run the same command again to go on.'] : []),
      ].join('\n'),
    );

    return left > 0 || skipped.length > 0 || ended() ? EXIT.failed : EXIT.ok;
  },
});

type Sum = Pick<ReplayedErrors, 'replayed' | 'settled' | 'left' | 'skipped'>;
type Filter = Readonly<Record<string, string | number>>;

function filterOf({ product, device, since, until }: Omit<Options, 'all' | 'key'>): Filter {
  return {
    ...(product !== undefined && { product }),
    ...(device !== undefined && { device }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

async function* answers(
  { output }: Call<Options>,
  client: ManagementClient,
  request: Filter & { readonly target: string },
  keys: readonly string[] | undefined,
): AsyncGenerator<ReplayedErrors> {
  const ask = (body: object) => patiently(output, pause, () => client.replayErrors({ ...request, ...body }));
  if (keys !== undefined) {
    for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
      yield* toTheEnd((more) => ask({ ...more, keys: keys.slice(at, at + KEYS_AT_ONCE) }));
    }
    return;
  }
  yield* toTheEnd(ask);
}

async function* toTheEnd(ask: (more: object) => Promise<ReplayedErrors>): AsyncGenerator<ReplayedErrors> {
  let after: string | undefined;
  do {
    const answer = await ask(after === undefined || after === '' ? {} : { after });
    yield answer;
    after = answer.next;
  } while (after !== undefined);
}

/** Of all that the store has of them, for the bar; other topics' too where a product has several. */
async function count(client: ManagementClient, { product, device }: Filter): Promise<number> {
  const query = {
    limit: String(PAGE),
    ...(product !== undefined && { product: String(product) }),
    ...(device !== undefined && { device: String(device) }),
  };
  let found = 0;
  let next: string | undefined;
  do {
    const page = await client.storedErrors(next === undefined ? query : { ...query, next });
    found += page.items.length;
    next = page.next;
  } while (next !== undefined);

  return found;
}

function added(sum: Sum, { replayed, settled, left, skipped }: ReplayedErrors): Sum {
  return {
    replayed: sum.replayed + replayed,
    settled: sum.settled + settled,
    left: sum.left + left,
    skipped: [...sum.skipped, ...skipped],
  };
}
