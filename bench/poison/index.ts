import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { handlerCode } from '../../lib/platform/handler-bundle.ts';
import type { Bench } from '../bench.ts';
import { BenchFailure } from '../fdi/failure.ts';
import { type Platform, startPlatform } from '../fdi/platform.ts';
import { median } from '../fdi/statistics.ts';
import { TABLE, TASK } from '../fdi/workload.ts';
import type { Run, RunResult } from './consumer-child.ts';

const BATCHES = [1000, 5000] as const;
/** One message in a hundred. */
const EVERY = 100;
/** Rounds take turns, so that what else the machine does meets both sides alike. */
const ROUNDS = 7;
const ROUND_RECORDS = 20_000;
const WARM_UP_RECORDS = 40_000;
/** What 1 % malformed messages may cost. */
const LEAST_RATIO = 0.8;

export interface PoisonBatchReport {
  readonly records: number;
  /** Messages a second with none malformed, and with 1 %: written or quarantined. */
  readonly cleanPerSecond: number;
  readonly poisonedPerSecond: number;
  readonly ratio: number;
  readonly written: number;
  readonly quarantined: number;
}

export interface PoisonReport {
  /** The lower of the ratios. */
  readonly ratio: number;
  readonly batches: readonly PoisonBatchReport[];
}

/** What malformed messages cost: the consumer as deployed over clean batches and over batches with 1 % of every kind of poison. */
export const poison: Bench<PoisonReport> = {
  summary: 'the consumer over clean batches and over batches with 1 % malformed messages',
  async run(progress) {
    progress('starting MariaDB, DynamoDB and the Data API');
    const platform = await startPlatform();
    try {
      const batches: PoisonBatchReport[] = [];
      for (const records of BATCHES) {
        progress(`${records} records a batch: clean and poisoned, ${ROUNDS} rounds each in turn`);
        await platform.reset();
        batches.push(await measure(platform, records));
      }

      return { ratio: Math.min(...batches.map(({ ratio }) => ratio)), batches };
    } finally {
      await platform.stop();
    }
  },
  table: poisonTable,
};

export function poisonTable({ batches }: PoisonReport): string {
  const table = new Table({
    head: ['records a batch', ...batches.map(({ records }) => count(records))],
    colAligns: ['left', ...batches.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  const line = (name: string, value: (report: PoisonBatchReport) => string) =>
    table.push([name, ...batches.map(value)]);
  line('clean, messages/s', ({ cleanPerSecond }) => count(cleanPerSecond));
  line('1 % malformed, messages/s', ({ poisonedPerSecond }) => count(poisonedPerSecond));
  line(`ratio (≥ ${LEAST_RATIO})`, ({ ratio }) => ratio.toFixed(2));
  line('written', ({ written }) => count(written));
  line('quarantined', ({ quarantined }) => count(quarantined));

  return table.toString();
}

async function measure(platform: Platform, batch: number): Promise<PoisonBatchReport> {
  const consumer = await startConsumer(platform.environment);
  try {
    const sides = { clean: [] as number[], poisoned: [] as number[] };
    let from = 0;
    const run = async (every: number, records: number) => {
      const { ms } = await consumer.run({ from, batch, batches: records / batch, every });
      from += records;

      return ms;
    };
    await run(0, WARM_UP_RECORDS / 2);
    await run(EVERY, WARM_UP_RECORDS / 2);
    for (let turn = 0; turn < ROUNDS; turn += 1) {
      sides.clean.push(...(await run(0, ROUND_RECORDS)));
      sides.poisoned.push(...(await run(EVERY, ROUND_RECORDS)));
    }
    const cleanPerSecond = rate(batch, sides.clean);
    const poisonedPerSecond = rate(batch, sides.poisoned);
    const counts = await countsOf(platform);
    if (counts.written + counts.quarantined !== from) {
      throw new BenchFailure(`${from} messages were sent; ${JSON.stringify(counts)}`);
    }

    return {
      records: batch,
      cleanPerSecond,
      poisonedPerSecond,
      ratio: Math.round((poisonedPerSecond / cleanPerSecond) * 1000) / 1000,
      ...counts,
    };
  } finally {
    await consumer.stop();
  }
}

async function startConsumer(environment: Readonly<Record<string, string>>) {
  const asset = mkdtempSync(join(tmpdir(), 'causeway-poison-'));
  const index = join(asset, 'index.mjs');
  writeFileSync(index, handlerCode('fdi/consume-topic'));
  writeFileSync(join(asset, 'definitions.json'), JSON.stringify(TASK));
  const child = fork(join(import.meta.dirname, 'consumer-child.ts'), [index], {
    env: { ...environment, LAMBDA_TASK_ROOT: asset },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new BenchFailure(`the consumer ended: ${code ?? signal}`);
  });
  ended.catch(() => undefined);
  const message = async () => {
    const [answer] = await Promise.race([once(child, 'message'), ended]);

    return answer as unknown;
  };
  await message();

  return {
    async run(run: Run): Promise<RunResult> {
      child.send(run);
      const result = (await message()) as RunResult;
      if (result.failures > 0) {
        throw new BenchFailure(`${result.failures} of ${run.batches} batches were not written`);
      }

      return result;
    },
    async stop() {
      child.kill();
      await ended.catch(() => undefined);
      rmSync(asset, { recursive: true });
    },
  };
}

async function countsOf(platform: Platform): Promise<{ readonly written: number; readonly quarantined: number }> {
  const connection = await platform.connect();
  try {
    const [rows] = await connection.query(
      `SELECT (SELECT COUNT(*) FROM ${TABLE}) AS written, (SELECT COUNT(*) FROM causeway.quarantine) AS quarantined`,
    );
    const [{ written, quarantined } = { written: 0, quarantined: 0 }] = rows as {
      written: number;
      quarantined: number;
    }[];

    return { written, quarantined };
  } finally {
    await connection.end();
  }
}

function rate(batch: number, ms: readonly number[]): number {
  return Math.round((batch / median(ms)) * 1000);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
