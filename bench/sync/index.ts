import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { Bench } from '../bench.ts';
import { startPlatform } from '../fdi/platform.ts';
import type { Copied, CopyOrder } from './copy-child.ts';
import { FILL_SQL, SOURCE, TARGET } from './workload.ts';

interface Measured extends Copied {
  /** Of the database meanwhile, in milliseconds. */
  readonly databaseCpuMs: number;
}

export interface SyncReport {
  readonly task: Measured;
  readonly bare: Measured;
  /** The task's rate beside that of the bare loop, by the processor time of process and database together: the machine may be shared. */
  readonly ofBare: number;
  /** The same by the clock. */
  readonly ofBareByClock: number;
  /** How much more of the heap is in use at its end than after two tenths, in bytes. */
  readonly grownBytes: number;
}

const LEAST = 0.5;
const MOST_GROWTH = 8 * 1024 * 1024;
const TICK_MS = 10;

export const sync: Bench<SyncReport> = {
  summary:
    'a million rows from MySQL into MySQL by a scheduled task, beside a bare loop that reads pages and inserts them',
  run: measure,
  table: ({ task, bare, ofBare, ofBareByClock, grownBytes }) =>
    [
      ...(
        [
          ['task', task],
          ['bare loop', bare],
        ] as const
      ).map(
        ([name, { rows, ms, cpuMs, databaseCpuMs, heapBytes, peakBytes }]) =>
          `${name.padEnd(10)} ${rows} rows, ${Math.round((rows / ms) * 1000)} rows/s by the clock, CPU ${Math.round(cpuMs)} ms + database ${databaseCpuMs} ms, at most ${megabytes(peakBytes)} MB, heap ${heapBytes.map(megabytes).join(' ')} MB`,
      ),
      `of the bare loop: ${ofBare.toFixed(2)} by processor time, ${ofBareByClock.toFixed(2)} by the clock; heap grew by ${megabytes(grownBytes)} MB`,
    ].join('\n'),
  fault: ({ ofBare, grownBytes }) => {
    if (ofBare < LEAST) {
      return `the task keeps ${ofBare.toFixed(2)} of the bare loop's rate: at least ${LEAST} is wanted`;
    }

    return grownBytes > MOST_GROWTH ? `the task's heap grew by ${megabytes(grownBytes)} MB` : undefined;
  },
};

async function measure(progress: (message: string) => void): Promise<SyncReport> {
  progress('starting MariaDB');
  const platform = await startPlatform();
  const connection = await platform.connect();
  try {
    await connection.query(SOURCE.sql);
    progress('filling a million rows');
    await connection.query(FILL_SQL);
    const [[row]] = (await connection.query('SELECT @@port AS port, @@pid_file AS file')) as unknown as [
      [{ port: number; file: string }],
    ];
    const measured = async (how: CopyOrder['how']) => {
      progress(how === 'task' ? 'copying by the task' : 'copying by the bare loop');

      return copied(connection, { how, port: row.port }, Number(readFileSync(row.file, 'utf8')));
    };
    const bare = await measured('bare');
    const task = await measured('task');
    const cost = ({ cpuMs, databaseCpuMs, rows }: Measured) => (cpuMs + databaseCpuMs) / rows;

    return {
      task,
      bare,
      ofBare: cost(bare) / cost(task),
      ofBareByClock: bare.ms / task.ms,
      grownBytes: (task.heapBytes.at(-1) ?? 0) - (task.heapBytes[1] ?? 0),
    };
  } finally {
    await connection.end();
    await platform.stop();
  }
}

async function copied(connection: Connection, order: CopyOrder, database: number): Promise<Measured> {
  await connection.query('DROP TABLE IF EXISTS target, causeway_position');
  await connection.query(TARGET.sql);
  const child = fork(join(import.meta.dirname, 'copy-child.ts'), {
    env: { ...process.env, CAUSEWAY_LOOPBACK: 'allowed' },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const before = cpuOf(database);
  child.send(order);
  const [report] = (await once(child, 'message')) as [Copied];
  const databaseCpuMs = cpuOf(database) - before;
  child.kill();

  return { ...report, databaseCpuMs };
}

/** proc(5), stat: user and system time in ticks, behind the name in brackets. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];

  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
