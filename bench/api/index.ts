import { sign } from '../../core/apic/signature.ts';
import { type LocalFile, type Platform, removeFolder, startPlatform } from '../../test/acceptance/platform.ts';
import type { Bench } from '../bench.ts';
import { median } from '../fdi/statistics.ts';
import { type Load, startBareServer, startLoad } from './children.ts';
import { firstAnswers } from './first-answer.ts';
import type { Target } from './load-child.ts';
import { type ApiReport, apiFault, apiTable, type QueryReport, type Speed } from './report.ts';
import { verificationsPerSecond } from './verification.ts';
import { APP, type BenchQuery, GROUP, QUERIES } from './workload.ts';

const CLIENTS = 8;
const ROUNDS = 7;
const ROUND_MS = 3000;
const WARM_UP_MS = 4000;
/** Different calls of one query; signed before the clock runs. */
const CALLS = 500;

/** Data APIs on the running platform, beside a server written by hand for the same queries: same database, same clients, same run. */
export const api: Bench<ApiReport> = {
  summary: 'calls of data APIs, signed, with AppCode and open, beside a bare HTTP server; verification; first answers',
  async run(progress) {
    progress('verifying signatures');
    const verifications = verificationsPerSecond();
    progress('starting the platform');
    const platform = await startPlatform({ integration: `${import.meta.dirname}/integration.ts` });
    try {
      const queries: QueryReport[] = [];
      for (const query of QUERIES) queries.push(await measure(platform, query, progress));
      progress('first answers, no function running');
      const firstMs = await firstAnswers(platform, targetsOf(platform.file, QUERIES[0] as BenchQuery, ''));

      return { clients: CLIENTS, verificationsPerSecond: verifications, queries, ...firstMs };
    } finally {
      await platform.stop();
      removeFolder(platform.state);
    }
  },
  table: apiTable,
  fault: apiFault,
};

type Way = 'bare' | 'none' | 'appCode' | 'signature';
type Targets = Readonly<Record<Way, readonly Target[]>>;

async function measure(
  platform: Platform,
  query: BenchQuery,
  progress: (message: string) => void,
): Promise<QueryReport> {
  const bare = await startBareServer(platform.file);
  const load = await startLoad();
  try {
    const targets = targetsOf(platform.file, query, bare.url);
    const ways = Object.keys(targets) as Way[];
    progress(`${query.name}: warming up`);
    for (const way of ways) await load.run({ targets: targets[way], clients: CLIENTS, milliseconds: WARM_UP_MS });
    progress(`${query.name}: ${ROUNDS} rounds each in turn, ${CLIENTS} clients`);
    const rounds: Record<Way, Speed[]> = { bare: [], none: [], appCode: [], signature: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const way of ways) rounds[way].push(await speed(load, targets[way]));
    }

    return {
      query: query.name,
      rows: query.rows,
      bare: middle(rounds.bare),
      none: middle(rounds.none),
      appCode: middle(rounds.appCode),
      signature: middle(rounds.signature),
    };
  } finally {
    load.stop();
    bare.stop();
  }
}

async function speed(load: Load, targets: readonly Target[]): Promise<Speed> {
  const { seconds, ms } = await load.run({ targets, clients: CLIENTS, milliseconds: ROUND_MS });
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0;

  return { perSecond: ms.length / seconds, p50: at(0.5), p99: at(0.99) };
}

function middle(rounds: readonly Speed[]): Speed {
  const of = (name: keyof Speed) => median(rounds.map((round) => round[name]));

  return { perSecond: of('perSecond'), p50: of('p50'), p99: of('p99') };
}

function targetsOf({ apis, apps }: LocalFile, query: BenchQuery, bare: string): Targets {
  const base = apis[GROUP]?.url ?? '';
  const { key = '', secret = '', appCodes = [] } = apps[APP] ?? {};
  const calls = Array.from({ length: CALLS }, (_, n) => `?${query.parameter}=${query.valueOf(n)}`);
  const target = (url: string, headers: Readonly<Record<string, string>> = {}): Target => ({ url, headers });
  const signed = (url: string) => target(url, sign({ method: 'GET', url: new URL(url) }, { key, secret }, new Date()));

  return {
    bare: calls.map((call) => target(`${bare}/${query.name}${call}`)),
    none: calls.map((call) => target(`${base}/${query.name}/none${call}`)),
    appCode: calls.map((call) => target(`${base}/${query.name}/app${call}`, { 'X-Apig-AppCode': appCodes[0] ?? '' })),
    signature: calls.map((call) => signed(`${base}/${query.name}/app${call}`)),
  };
}
