import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import mysql from 'mysql2/promise';
import { causeway, type Platform, removeFolder, startPlatform } from './platform.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
}, 180_000);

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state);
}, 60_000);

test('500 messages/s for 30 s while the database is killed twice and the consumer five times: every acknowledged message once', async () => {
  const simulation = causeway(
    ...['simulate', '--sensors', '100', '--rate', '500', '--duration', '30', '--settle', '120'],
    ...['--state', platform.state, '--json'],
  );
  const kills = { database: 0, consumer: 0 };
  await sleep(4_000);
  for (const victim of ['consumer', 'database', 'consumer', 'consumer', 'database', 'consumer', 'consumer'] as const) {
    kills[victim] += await killSoon(victim);
    await sleep(3_000);
  }
  const result = await simulation;
  const counts = JSON.parse(result.stdout) as Record<string, number>;

  expect(kills).toEqual({ database: 2, consumer: 5 });
  expect(counts['acknowledged']).toBeGreaterThanOrEqual(14_500);
  expect(counts).toMatchObject({ written: counts['acknowledged'], inFlight: 0 });
  expect(await history()).toEqual({ messages: counts['acknowledged'], distinct: counts['acknowledged'] });
  expect(result.code).toBe(0);
}, 240_000);

async function history(): Promise<unknown> {
  const connection = await mysql.createConnection({ ...platform.file.mysql });
  const [rows] = await connection.query(
    'SELECT COUNT(*) AS messages, COUNT(DISTINCT TraceId) AS `distinct` FROM ParkingHistory',
  );
  await connection.end();

  return { ...(rows as object[])[0] };
}

/** SIGKILLs the victim as soon as it is seen; a consumer that is idle between two batches may take a moment to appear. */
async function killSoon(victim: 'consumer' | 'database'): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const [pid] =
      victim === 'database' ? processes('mariadbd', platform.state) : processes('lambda/bootstrap', 'ParkingHistory');
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      return 1;
    }
    await sleep(100);
  }
  return 0;
}

/** Processes below this platform whose command line has both words. */
function processes(...words: string[]): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 }).split(
    '\n',
  );

  return rows
    .map((row) => row.trim().match(/^(\d+)\s+(\d+)\s+(.*)$/))
    .flatMap((match) =>
      match === null ? [] : [{ pid: Number(match[1]), ppid: Number(match[2]), args: match[3] as string }],
    )
    .filter(({ ppid, args }) => ppid === platform.pid && words.every((word) => args.includes(word)))
    .map(({ pid }) => pid);
}
