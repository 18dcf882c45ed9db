import mysql, { type RowDataPacket } from 'mysql2/promise';
import { databaseReader } from '../../core/fdi/run-database-reader.ts';
import { databaseTarget } from '../../core/fdi/run-database-target.ts';
import type { DatabaseTarget } from '../../core/fdi/run-destination.ts';
import { runTask } from '../../core/fdi/run-loop.ts';
import { mysqlDialect } from '../../core/fdi/run-mysql.ts';
import type { DatabaseSource } from '../../core/fdi/run-source.ts';
import { driverSessions } from '../../functions/shared/runs/driver-session.ts';
import { createSourcePool } from '../../functions/shared/sources/source-pool.ts';
import { SOURCE, TARGET, TASK } from './workload.ts';

/** What a process is to copy, and how: the task, or the bare loop that reads pages and inserts them as they are. */
export interface CopyOrder {
  readonly how: 'task' | 'bare';
  readonly port: number;
}

export interface Copied {
  readonly rows: number;
  readonly ms: number;
  /** Of this process. */
  readonly cpuMs: number;
  /** What a collection leaves of the heap after every tenth part, in bytes. */
  readonly heapBytes: readonly number[];
  /** The most memory the process ever held. */
  readonly peakBytes: number;
}

const LOGIN = { user: 'master', password: 'bench' };
const PAGE = 5000;

process.on('message', async ({ how, port }: CopyOrder) => {
  const heapBytes: number[] = [];
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let next = 0;
  const sample = (read: number, all: number) => {
    if (read >= next) {
      globalThis.gc?.();
      heapBytes.push(process.memoryUsage().heapUsed);
      next += all / 10;
    }
  };
  const rows = await (how === 'task' ? copyByTask(port, sample) : copyBare(port, sample));
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - startedAt;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.send?.({ rows, ms, cpuMs: (user + system) / 1000, heapBytes, peakBytes } satisfies Copied);
});
process.send?.('ready');

type Sampler = (read: number, all: number) => void;

async function copyByTask(port: number, sample: Sampler): Promise<number> {
  const pool = createSourcePool({ driver: () => import('../../functions/drivers/mysql.ts') });
  const open = driverSessions(pool, { ...LOGIN, url: `jdbc:mysql://127.0.0.1:${port}/integration` });
  const reader = databaseReader({
    source: TASK.source as DatabaseSource,
    dialect: mysqlDialect,
    open,
    pageSize: TASK.pageSize,
    where: TASK.name,
  });
  const target = databaseTarget({ task: TASK, target: TASK.target as DatabaseTarget, dialect: mysqlDialect, open });
  const { counts } = await runTask({
    reader,
    target,
    quarantine: { put: async () => undefined },
    observer: { claimed: async () => undefined, moved: async ({ read }) => sample(read, SOURCE.rows) },
    claim: { id: 'bench' },
    remainingMs: () => 3_600_000,
    isStopped: async () => false,
    pause: async () => undefined,
    now: () => performance.now(),
  });
  await Promise.all([reader.close(), target.close()]);
  pool.close();

  return counts.written;
}

async function copyBare(port: number, sample: Sampler): Promise<number> {
  const connect = () =>
    mysql.createConnection({ ...LOGIN, host: '127.0.0.1', port, database: 'integration', dateStrings: true });
  const [from, into] = [await connect(), await connect()];
  let [last, copied] = [0, 0];
  for (;;) {
    const [rows] = await from.query<RowDataPacket[][]>({
      sql: `SELECT * FROM ${SOURCE.table} WHERE Id > ? ORDER BY Id LIMIT ${PAGE}`,
      values: [last],
      rowsAsArray: true,
    });
    if (rows.length === 0) {
      break;
    }
    await into.beginTransaction();
    await into.query(`INSERT INTO ${TARGET.table} VALUES ?`, [rows]);
    await into.commit();
    last = Number(rows.at(-1)?.[0]);
    copied += rows.length;
    sample(copied, SOURCE.rows);
  }
  await Promise.all([from.end(), into.end()]);

  return copied;
}
