import type { AppCredentials } from '../../../../cli/platform/local-file.ts';
import { signedByReferenceSdk } from '../../caller.ts';
import { deploymentSteps, ledgerSteps, resetSteps } from '../lasting-steps.ts';
import { replayStep } from '../replay-steps.ts';
import { keeps, productOf, publish } from '../sending.ts';
import type { Step } from '../step.ts';
import { A_LEASE_MS, changed, ended, runsTwice } from '../task-runs.ts';
import { taskSteps } from '../task-steps.ts';
import type { WatchedPlatform } from '../watched-platform.ts';
import type { KeptOutside } from './kept.ts';
import type { Outside } from './servers.ts';

/** So many that a run of them, one at a time, is not over before another one is asked for. */
const MANY = 150;

/** Tasks and APIs that have to do with what is not the platform's. */
export function outsideSteps(
  platform: WatchedPlatform,
  outside: Outside & { readonly kept: KeptOutside },
): readonly Step[] {
  const { manage, engines, facts, scheduled } = platform;
  const until = (what: string, holds: () => Promise<boolean>) => platform.patience.until(what, holds, A_LEASE_MS);
  const { shop, cluster, api, kept } = outside;
  let last = Date.now();
  const fresh = () => {
    last += 1;

    return last;
  };
  const inShop = (table: string, n: number, column = 'N') =>
    until(`${n} in ${table} of the shop`, async () => {
      const [rows] = await shop.query(`SELECT 1 FROM ${table} WHERE ${column} = ?`, [n]);

      return (rows as unknown[]).length > 0;
    });
  const inTable = (table: string, n: number, column = 'N') =>
    until(`${n} in ${table}`, async () => {
      const [rows] = await changed(platform, `SELECT 1 FROM ${table} WHERE ${column} = ${n}`);

      return (rows as unknown[]).length > 0;
    });
  const inRelays = (n: number) =>
    until(`${n} in Relays`, async () => {
      const { items } = await manage('POST', '/topics/Relays/messages', { since: Date.now() - 60_000, limit: 100 });

      return (items as { readonly payload: string }[]).some(({ payload }) => JSON.parse(payload)['N'] === n);
    });
  const inDocuments = (collection: string, n: number) =>
    until(`${n} in ${collection}`, () => kept.hasDocument(collection, n));
  const wasTold = (what: string) => until(`the call ${what}`, async () => api.told.some((told) => told.includes(what)));
  const reported = (name: string, arrives: (n: number) => Promise<void>): Step => ({
    fresh: true,
    name,
    async run() {
      const n = fresh();
      await publish(platform, 'R-1', { n });
      await arrives(n);
    },
  });
  const produced = (
    name: string,
    topic: string,
    record: (n: number) => object,
    arrives: (n: number) => Promise<void>,
  ) => ({
    name,
    async run() {
      const n = fresh();
      await cluster.produce(topic, 0, [JSON.stringify(record(n))]);
      await arrives(n);
    },
  });
  /** New rows of Outgoing. @returns the last one's number */
  const rows = async (count: number) => {
    const [answer] = await changed(
      platform,
      `INSERT INTO Outgoing (Text) VALUES ${Array(count).fill("('out')").join()}`,
    );

    return (answer as { insertId: number }).insertId + count - 1;
  };
  const drop = async (prefix: string, count: number) => {
    const numbers = Array.from({ length: count }, fresh);
    const lines = numbers.map((n) => JSON.stringify({ n })).join('\n');
    await engines.store.put(facts.files['Drop'] ?? '', `${prefix}/${fresh()}.jsonl`, lines);

    return last - 1;
  };
  const listed = async (count: number) => {
    api.numbers.splice(0, api.numbers.length, ...Array.from({ length: count }, fresh));

    return last;
  };
  const shopRow = async () => {
    const [{ insertId }] = (await shop.query("INSERT INTO SourceRows (Name) VALUES ('tried')")) as [
      { insertId: number },
      unknown,
    ];

    return insertId;
  };
  const runs: readonly (readonly [
    task: string,
    fill: (count: number) => Promise<number>,
    arrives: (n: number) => Promise<void>,
  ])[] = [
    ['ToRelays', rows, inRelays],
    ['ToApi', rows, (n) => wasTold(`/sent/${n}`)],
    ['ToShop', rows, (n) => inShop('Delivered', n)],
    ['ToDocuments', rows, (n) => inDocuments('outgoing', n)],
    ['ToKeys', rows, (n) => until(`the key of ${n}`, () => kept.hasKey(`outgoing:${n}`))],
    ['Pulled', listed, (n) => inTable('Pulled', n)],
    ['Moved', (count) => drop('moved', count), (n) => inTable('Moved', n)],
    ['Removed', (count) => drop('removed', count), (n) => inTable('Removed', n)],
    ['Rows', shopRow, (n) => inShop('TargetRows', n, 'Id')],
  ];

  return [
    ...taskSteps(platform),
    reported("deliver what a device reports into somebody else's table", (n) => inShop('Delivered', n)),
    reported("tell somebody else's API what a device reports", (n) => wasTold(`/told {"N":${n}}`)),
    reported("deliver what a device reports into somebody else's collection", (n) => inDocuments('reports', n)),
    reported('relay what a device reports into another topic', inRelays),
    produced(
      'write what Kafka has',
      'rows',
      (id) => ({ id, a: { b: 'x', c: 'y' } }),
      (n) => inTable('KafkaRows', n, 'Id'),
    ),
    produced(
      "deliver what Kafka has into somebody else's table",
      'out',
      (n) => ({ n }),
      (n) => inShop('KafkaOut', n),
    ),
    ...runs.map(([task, fill, arrives]) => ({
      name: `run ${task}`,
      async run() {
        const n = await fill(1);
        await manage('POST', `/tasks/${task}/run`, {});
        await arrives(n);
        await ended(platform, task);
      },
      repeat: true,
    })),
    ...runs
      // What is due while Rows runs is left out.
      .filter(([task]) => task !== 'Rows')
      .map(([task, fill]) => runsTwice(platform, task, async () => void (await fill(MANY)))),
    {
      name: 'run Rows when the time has come',
      async run() {
        const n = await shopRow();
        await scheduled.find(({ functionArn }) => functionArn.includes('RowsRunner'))?.run();
        await inShop('TargetRows', n, 'Id');
      },
      repeat: true,
    },
    ...['Documented', 'ToDocuments'].map((task) => ({
      name: `list the batches of ${task}`,
      run: async () => void (await manage('GET', `/tasks/${task}/batches`)),
    })),
    ...['/signed', '/shop'].map((path) => call(platform, 'GET', path)),
    call(platform, 'POST', '/scripts/secrets'),
    signed(platform, 'GET', '/shop'),
    signed(platform, 'POST', '/scripts/secrets'),
    {
      name: 'look at the tables of the shop',
      run: async () => void (await manage('GET', '/datasources/Rows.source/tables')),
    },
    {
      name: 'give a reporter a new password',
      run: async () => void (await manage('POST', '/devices/Reporter/R-1/password', {})),
      repeat: true,
    },
    {
      name: 'GET /topics/Reports/consumers',
      run: async () => void (await manage('GET', '/topics/Reports/consumers')),
    },
    keeps(
      platform,
      'keep a report that the stream does not take',
      `${productOf(platform, 'R-1')}/`,
      () => platform.policies.refuse('kinesis:PutRecord'),
      () => publish(platform, 'R-1', { n: 0 }),
    ),
    replayStep(platform, ['Reports', 'Reporter', 'R-1']),
    {
      name: 'test the backend of Outside/Shop',
      run: async () => void (await manage('POST', '/backends/Outside/Shop/test', { parameters: {} })),
    },
    ...ledgerSteps(platform, 'Delivered'),
    // Last: what is counted from the first whole minute on has to wait for that once a task begins anew.
    ...resetSteps(platform),
    ...deploymentSteps(platform),
  ];
}

function call(platform: WatchedPlatform, method: string, path: string): Step {
  return {
    name: `call ${method} ${path} with an AppCode, which is read with its app once it is known`,
    async run() {
      for (const code of Array.from({ length: 3 }, () => owner(platform).appCodes[0] ?? '')) {
        await answered(platform, method, path, { 'X-Apig-AppCode': code });
      }
    },
  };
}

/** With a body that is signed and whose hash is not sent, where there is one. */
function signed(platform: WatchedPlatform, method: string, path: string): Step {
  const json = { headers: { 'Content-Type': 'application/json' }, data: {} };

  return {
    name: `call ${method} ${path} with a signature`,
    async run() {
      const request = { url: urlOf(platform, path), method, ...(method === 'POST' && json) };
      await answered(platform, method, path, signedByReferenceSdk(owner(platform), request));
    },
  };
}

function owner({ facts }: WatchedPlatform): AppCredentials {
  return facts.apps['OutsideOwner'] as AppCredentials;
}

function urlOf({ apis, facts }: WatchedPlatform, path: string): string {
  return `${apis}/${facts.groups.find(({ group }) => group === 'Outside')?.name}${path}`;
}

async function answered(
  platform: WatchedPlatform,
  method: string,
  path: string,
  shown: Readonly<Record<string, string>>,
): Promise<void> {
  const headers = { 'Content-Type': 'application/json', ...shown };
  const response = await fetch(urlOf(platform, path), { method, headers, ...(method === 'POST' && { body: '{}' }) });
  if (!response.ok) throw new RangeError(`${response.status} ${await response.text()}`);
}

/** The password of sync, made with its stack, becomes that of its users. */
export async function letSyncIn({ facts }: WatchedPlatform, { shop }: Outside): Promise<void> {
  for (const side of ['Source', 'Target']) {
    const user = side.toLowerCase();
    await shop.query("CREATE USER ?@'%' IDENTIFIED BY ?", [user, facts.secrets[`Sync${side}`]]);
    await shop.query(`GRANT ALL ON shop.* TO ${user}@'%'`);
  }
}
