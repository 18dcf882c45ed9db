import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { handlerCode } from '../../lib/platform/handler-bundle.ts';
import type { EngineHost } from '../../local/engines.ts';
import { startKafkaPoller } from '../../local/kafka/kafka-poller.ts';
import type { KafkaSource } from '../../local/kafka/kafka-source.ts';
import { type MappingRequest, readSettings, usualSettings } from '../../local/lambda/event-source/mapping.ts';
import type { Functions } from '../../local/lambda/functions.ts';
import { type MockCluster, startMockCluster } from '../../test/acceptance/kafka/mock-cluster.ts';
import type { Bench } from '../bench.ts';
import { type Platform, startPlatform } from '../fdi/platform.ts';
import { median } from '../fdi/statistics.ts';
import { TABLE } from '../fdi/workload.ts';
import { processorTime } from './processor-time.ts';
import { KAFKA_TASK, PARTITIONS, TOPIC, value } from './workload.ts';

const RECORDS = 120_000;
const ROUNDS = 3;
const BATCH = 2000;
/** Of the limit, by processor time. */
const LEAST_RATIO = 0.4;

interface Side {
  /** Milliseconds of processor, of the reader and of MariaDB. */
  readonly reader: number;
  readonly database: number;
  readonly seconds: number;
}

export interface KafkaReport {
  readonly records: number;
  readonly own: Side;
  readonly raw: Side;
  /** Rows for the same processor time. */
  readonly ratio: number;
  /** Rows in the same time, which others of the machine shorten. */
  readonly ratioByTime: number;
}

/** What a Kafka task costs beside the client and the driver themselves: same topic, same table, same run, in turns. */
export const kafka: Bench<KafkaReport> = {
  summary: 'Kafka to table: poller and consumer as deployed, the client and the driver themselves',
  async run(progress) {
    progress('starting MariaDB, the Data API and a mock cluster');
    const platform = await startPlatform();
    const cluster = await startMockCluster(1);
    const connection = await platform.connect();
    try {
      progress(`producing ${RECORDS} records`);
      await produce(cluster);
      const [own, raw]: [Side[], Side[]] = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        progress(`round ${round + 1} of ${ROUNDS}: the client and the driver, then the task`);
        await platform.reset();
        raw.push(await measured(connection, () => startRaw(cluster, connection, round)));
        await platform.reset();
        own.push(await measured(connection, () => startOwn(cluster, platform, round)));
      }
      const [ours, limit] = [middle(own), middle(raw)];

      return {
        records: RECORDS,
        own: ours,
        raw: limit,
        ratio: (limit.reader + limit.database) / (ours.reader + ours.database),
        ratioByTime: limit.seconds / ours.seconds,
      };
    } finally {
      await connection.end();
      await cluster.stop();
      await platform.stop();
    }
  },
  table({ own, raw, ratio, ratioByTime }) {
    const table = new Table({
      head: ['', 'reader, ms of processor', 'MariaDB, ms of processor', 'rows/s'],
      colAligns: ['left', 'right', 'right', 'right'],
      style: { head: [], border: [], compact: true },
    });
    const line = (name: string, { reader, database, seconds }: Side) =>
      table.push([
        name,
        Math.round(reader),
        Math.round(database),
        Math.round(RECORDS / seconds).toLocaleString('en-US'),
      ]);
    line('poller, consumer and Data API', own);
    line('client and driver', raw);

    return `${table.toString()}\n\ntask : limit ${ratio.toFixed(2)} by processor time, ${ratioByTime.toFixed(2)} by the clock`;
  },
  fault: ({ ratio }) =>
    ratio < LEAST_RATIO ? `The task keeps ${ratio.toFixed(2)} of the limit; ${LEAST_RATIO} is the least.` : undefined,
};

async function produce(cluster: MockCluster): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const numbers = Array.from({ length: RECORDS / PARTITIONS }, (_, at) => at * PARTITIONS + partition);
    await cluster.produce(TOPIC, partition, numbers.map(value));
  }
}

/** From the first rows on until all are there: processes that begin, and a group that is formed, take seconds on both sides. */
async function measured(connection: Connection, start: () => Promise<() => Promise<void>>): Promise<Side> {
  const stop = await start();
  while ((await rows(connection)) === 0) await pause(2);
  const before = processorTime('mariadbd');
  const begun = performance.now();
  while ((await rows(connection)) < RECORDS) await pause(50);
  const seconds = (performance.now() - begun) / 1000;
  const after = processorTime('mariadbd');
  await stop();

  return { reader: after.own - before.own, database: after.other - before.other, seconds };
}

async function startRaw(cluster: MockCluster, connection: Connection, round: number) {
  const child = fork(join(import.meta.dirname, 'raw-child.ts'));
  await once(child, 'message');
  const { socketPath = '', user = '', password = '', database = '' } = connection.config;
  const login = { socketPath, user, password, database };
  child.send({ brokers: cluster.brokers, group: `raw-${round}`, database: login, batch: BATCH });

  return () => ended(child);
}

/** The mapping's poller, as of the local platform, and an instance of the consumer's bundle. */
async function startOwn(cluster: MockCluster, { environment }: Platform, round: number) {
  const asset = mkdtempSync(join(tmpdir(), 'causeway-kafka-'));
  writeFileSync(join(asset, 'index.mjs'), handlerCode('fdi/consume-kafka'));
  writeFileSync(join(asset, 'definitions.json'), JSON.stringify(KAFKA_TASK));
  const child = fork(join(import.meta.dirname, 'consumer-child.ts'), [join(asset, 'index.mjs')], {
    env: { ...environment, LAMBDA_TASK_ROOT: asset },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const silent = () => undefined;
  const log = { info: silent, warn: silent, error: silent, line: silent };
  const host = { logs: () => log, engines: { metrics: { record: silent } } } as unknown as EngineHost;
  const functions = {
    get: () => ({ roleArn: '', name: 'KafkaConsumer' }),
    async invoke(_: string, event: object) {
      child.send(event);
      const [payload] = await once(child, 'message');

      return { payload };
    },
  } as unknown as Functions;
  const source: KafkaSource = {
    ...{ topic: TOPIC, brokers: cluster.brokers.split(','), group: `own-${round}`, access: [], provisioned: true },
  };
  const request: MappingRequest = { BatchSize: BATCH, FunctionResponseTypes: ['ReportBatchItemFailures'] };
  const poller = startKafkaPoller(
    {
      ...{ uuid: 'bench', functionArn: 'KafkaConsumer', streamArn: '', kafka: source, lastModified: 0 },
      ...{ startingPosition: 'TRIM_HORIZON', settings: readSettings(request, usualSettings(source)) },
    },
    source,
    { host, functions, report: silent },
  );

  return async () => {
    await poller.stop();
    await ended(child);
    rmSync(asset, { recursive: true });
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

async function rows(connection: Connection): Promise<number> {
  const [[row]] = await connection.query<(RowDataPacket & { n: number })[]>(`SELECT COUNT(*) AS n FROM ${TABLE}`);

  return Number(row?.n);
}

function middle(sides: readonly Side[]): Side {
  return {
    reader: median(sides.map(({ reader }) => reader)),
    database: median(sides.map(({ database }) => database)),
    seconds: median(sides.map(({ seconds }) => seconds)),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
