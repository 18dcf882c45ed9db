import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { Kafka, logLevel } from 'kafkajs';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { synthesize } from '../../../bin/synthesize.ts';
import { calmQueues } from '../../../local/kafka/calm-queues.ts';
import { type Platform, removeFolder, startPlatform, temporaryFolder } from '../../acceptance/platform.ts';
import { type ConsumerVariant, MISTAKES, plantVariant } from '../../fdi-variants/consumer-variant.ts';
import { databaseProcesses, functionProcesses, gone, processTree, signal } from '../processes.ts';
import { seededRandom } from '../random.ts';
import { type ApacheKafka, startKafka } from './apache-kafka.ts';
import { type Entry, judgeLog } from './judge-log.ts';

const TOPIC = 'log';
const PARTITIONS = 4;
const LOGIN = { username: 'causeway', password: 'crash-test' };
const SETTLE_MS = 180_000;
/** Records a second; slower than the consumer, so that kills meet batches of all sizes. */
const RATE = 400;
/** Of a consumer, from one kill to the next; some times what one takes to start, or none gets to do anything. */
const LONGEST_LIFE_MS = 2500;

interface Options {
  readonly kills: number;
  readonly seed: number;
  /** Milliseconds. */
  readonly life: number;
  readonly variant?: ConsumerVariant;
  readonly out?: string;
}

/** What is killed beside the consumer, and how often. */
interface Harm {
  consumers: number;
  databases: number;
  runtimes: number;
  brokers: number;
}

await new Command('npm run faults:kafka --')
  .description(
    'A task from Apache Kafka whose consumer, database, runtime and broker are killed: the table holds what the topic does.',
  )
  .addOption(
    new Option('--kills <n>', 'how often the consumer is killed, at random instants').argParser(Number).default(1000),
  )
  .addOption(new Option('--seed <n>', 'when something is killed').argParser(Number).default(1))
  .addOption(
    new Option('--life <ms>', 'how long a consumer lives at the most: more on a machine that is slow or busy')
      .argParser(Number)
      .default(LONGEST_LIFE_MS),
  )
  .addOption(new Option('--variant <name>', 'a consumer with a mistake, which has to be found').choices(MISTAKES))
  .option('--out <file>', 'write the result as JSON')
  .addHelpText(
    'after',
    '\nNeeds Java 17, Maven and kcat; fetches Apache Kafka once. The exit code is 0 when nothing was found.',
  )
  .action(async (options: Options) => {
    const report = await run(options);
    const text = JSON.stringify({ ...options, ...report }, undefined, 2);
    if (options.out !== undefined) writeFileSync(options.out, `${text}\n`);
    process.stdout.write(`${text}\n`);
    process.exitCode = report.findings.length === 0 ? 0 : 1;
  })
  .parseAsync();

async function run({ kills, seed, life, variant }: Options) {
  const folder = temporaryFolder();
  const kafka = await startKafka({ folder: join(folder, 'kafka'), partitions: PARTITIONS, secured: certified(folder) });
  process.env['KAFKA_BROKERS'] = kafka.securedBrokers;
  process.env['KAFKA_LOGIN'] = `${LOGIN.username}:${LOGIN.password}`;
  process.env['KAFKA_CA'] = join(folder, 'certificate.pem');
  const assembly = await synthesize(join(import.meta.dirname, 'index.ts'), join(folder, 'assembly'));
  if (variant !== undefined) await plantVariant(assembly, variant, 'fdi/consume-kafka');
  const scene = { kafka, platform: await startPlatform({ assembly }), assembly, random: seededRandom(seed) };
  const stop = new AbortController();
  const started = performance.now();
  try {
    const produced = produce(kafka.brokers, stop.signal);
    const harm = await doHarm(scene, kills, life);
    stop.abort();
    const sent = await produced;
    const topic = await contents(kafka.brokers);
    const rows = await settled(scene.platform, topic.length);
    const findings = judgeLog(topic, rows, (n) => n % PARTITIONS);
    const seconds = Math.round((performance.now() - started) / 1000);

    return { harm, produced: sent, inTopic: topic.length, written: rows.length, seconds, findings };
  } finally {
    stop.abort();
    await scene.platform.stop();
    await kafka.stop();
    removeFolder(scene.platform.state);
    removeFolder(folder);
  }
}

/** A key and a certificate for 127.0.0.1, which is its own CA. */
function certified(folder: string) {
  mkdirSync(folder, { recursive: true });
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...names], {
    stdio: 'ignore',
  });
  const keyStore = join(folder, 'keystore.pem');
  writeFileSync(keyStore, readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8'));

  return { keyStore, login: LOGIN };
}

/** Numbers from 0 on, each to its partition, until the signal; answers how many were acknowledged. */
async function produce(brokers: string, stop: AbortSignal): Promise<number> {
  calmQueues();
  const client = new Kafka({ brokers: [brokers], clientId: 'producer', logLevel: logLevel.NOTHING });
  const producer = client.producer({ maxInFlightRequests: 1 });
  await producer.connect();
  let n = 0;
  while (!stop.aborted) {
    const messages = Array.from({ length: RATE / 10 }, (_, at) => n + at).map((number) => ({
      partition: number % PARTITIONS,
      value: JSON.stringify({ n: number }),
    }));
    // What an acknowledgement was lost of is sent again, and is in the topic twice: the topic is what counts.
    const sent = await producer.send({ topic: TOPIC, messages, acks: -1 }).catch(() => undefined);
    n += sent === undefined ? 0 : messages.length;
    await sleep(100);
  }
  await producer.disconnect();

  return n;
}

interface Scene {
  readonly kafka: ApacheKafka;
  platform: Platform;
  readonly assembly: string;
  readonly random: () => number;
}

/** Kills the consumer so often; the database, the runtime and the broker some times in between. */
async function doHarm(scene: Scene, kills: number, life: number): Promise<Harm> {
  const harm: Harm = { consumers: 0, databases: 0, runtimes: 0, brokers: 0 };
  const due = (times: number, done: number) => harm.consumers >= ((done + 1) * kills) / (times + 1);
  while (harm.consumers < kills) {
    // Mostly soon, so that many die in the middle of a batch; often enough late, so that some get to its end.
    await sleep(scene.random() ** 2 * life);
    const processes = functionProcesses(scene.platform.pid, 'KafkaLog');
    harm.consumers += processes.filter(({ pid }) => signal(pid, 'SIGKILL')).length;
    if (due(10, harm.databases)) {
      harm.databases += databaseProcesses(scene.platform.pid).filter(({ pid }) => signal(pid, 'SIGKILL')).length;
    }
    if (due(2, harm.runtimes)) {
      await killRuntime(scene);
      harm.runtimes += 1;
    }
    if (due(1, harm.brokers)) {
      await scene.kafka.restart();
      harm.brokers += 1;
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${harm.consumers} of ${kills}`);
  }

  return harm;
}

async function killRuntime(scene: Scene): Promise<void> {
  const victims = processTree(scene.platform.pid);
  for (const { pid } of victims) signal(pid, 'SIGKILL');
  await Promise.all(victims.map(({ pid }) => gone(pid)));
  const { state, portBase } = scene.platform;
  scene.platform = await startPlatform({ state, portBase, assembly: scene.assembly });
}

/** What the topic holds, by a reader that is not ours. */
async function contents(brokers: string): Promise<Entry[]> {
  const text = execFileSync(
    'kcat',
    ['-C', '-b', brokers, '-t', TOPIC, '-o', 'beginning', '-e', '-q', '-f', '%o %s\\n'],
    {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    },
  );

  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [offset = '', value = ''] = line.split(' ', 2);

      return { offset: Number(offset), n: (JSON.parse(value) as { n: number }).n };
    });
}

/** The rows, in the order they were written: when as many are there as are wanted and none follows, or nothing has moved for long. */
async function settled(platform: Platform, wanted: number): Promise<Entry[]> {
  let [last, since] = [-1, Date.now()];
  for (;;) {
    const rows = await read(platform).catch(() => []);
    if (rows.length !== last) [last, since] = [rows.length, Date.now()];
    const quiet = Date.now() - since;
    if ((rows.length >= wanted && quiet > 3000) || quiet > SETTLE_MS) return rows;
    await sleep(500);
  }
}

async function read(platform: Platform): Promise<Entry[]> {
  const connection = await mysql.createConnection({ ...platform.file.mysql });
  try {
    const [rows] = await connection.query<(RowDataPacket & { n: number; seq: string })[]>(
      'SELECT N AS n, Seq AS seq FROM KafkaLog ORDER BY KafkaLog.Row',
    );

    return rows.map(({ n, seq }) => ({ n: Number(n), offset: Number(seq) }));
  } finally {
    await connection.end();
  }
}
