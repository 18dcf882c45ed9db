import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import type { SourceSettings } from '../../../functions/shared/sources/call-sources.ts';
import { callSources } from '../../../functions/shared/sources/call-sources.ts';
import { createSourcePool, type SourcePool } from '../../../functions/shared/sources/source-pool.ts';
import { HANDLER_BUILD } from '../../../lib/platform/handler-bundle.ts';
import { privatePostgresql } from '../shared/sources/postgresql-fixture.ts';
import { oneRedis } from '../shared/sources/redis-fixture.ts';

const DRIVERS = join(import.meta.dirname, '../../../functions/drivers');
const PASSWORD = 'secret-word';
const postgresql = privatePostgresql();
const redis = oneRedis(PASSWORD);
let folder: string;
let pool: SourcePool;

/** The drivers as they lie beside a function: bundled, each in a file of its own. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-drivers-'));
  mkdirSync(join(folder, 'drivers'));
  for (const name of ['postgresql', 'redis']) {
    const { outputFiles } = buildSync({ ...HANDLER_BUILD, entryPoints: [join(DRIVERS, `${name}.ts`)], outdir: folder });
    for (const { path, contents } of outputFiles) {
      writeFileSync(join(folder, 'drivers', basename(path, '.js').concat('.mjs')), contents);
    }
  }
  Object.assign(process.env, { LAMBDA_TASK_ROOT: folder, CAUSEWAY_LOOPBACK: 'allowed' });
  pool = createSourcePool();
});

afterAll(() => {
  pool.close();
  rmSync(folder, { recursive: true, force: true });
});

async function execute(settings: SourceSettings, statement: string): Promise<unknown> {
  const sources = callSources(pool, () => 10_000);
  try {
    return await sources.execute(settings, statement, []);
  } finally {
    await sources.end();
  }
}

test('the bundled driver of PostgreSQL works, with passwords as SCRAM and encryption', async () => {
  const source = postgresql.source('?sslmode=require');

  expect(await execute(source, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).toEqual([{ ssl: true }]);
});

test('the bundled driver of Redis works', async () => {
  const source = { type: 'redis', url: `127.0.0.1:${redis.port}`, user: null, password: PASSWORD };

  expect(await execute(source, 'PING')).toBe('PONG');
});
