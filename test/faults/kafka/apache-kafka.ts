import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePortBase } from '../../acceptance/platform.ts';

const run = promisify(execFile);
const VERSION = '4.1.1';
const START_MS = 180_000;

/** Nobody else's: it is where a person may delete it. */
const LIBRARIES = join(homedir(), '.cache/causeway/kafka', VERSION);

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>causeway</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency></dependencies>
</project>`;

export interface KafkaLogin {
  readonly username: string;
  readonly password: string;
}

export interface KafkaOptions {
  /** Its data and configuration. */
  readonly folder: string;
  /** Partitions of topics that come into being with their first record. */
  readonly partitions?: number;
  /** A PEM file with the broker's key and certificate: then there is a second listener that wants TLS and this login (SCRAM and PLAIN). */
  readonly secured?: { readonly keyStore: string; readonly login: KafkaLogin };
}

export interface ApacheKafka {
  readonly brokers: string;
  /** The listener with TLS and SASL. */
  readonly securedBrokers: string;
  readonly pid: number;
  /** SIGKILLs the broker and starts it again on its data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Kafka needs something that is not here. */
export class NoKafka extends Error {
  override readonly name = 'NoKafka';
}

/** The Java packages of Apache Kafka, by Maven, once a machine. Answers their folder. */
export async function fetchKafka(): Promise<string> {
  if (existsSync(join(LIBRARIES, 'complete'))) return LIBRARIES;
  mkdirSync(LIBRARIES, { recursive: true });
  writeFileSync(join(LIBRARIES, 'pom.xml'), POM);
  const goal = ['-q', '-B', '-f', join(LIBRARIES, 'pom.xml'), 'dependency:copy-dependencies'];
  await run('mvn', [...goal, `-DoutputDirectory=${LIBRARIES}`], { maxBuffer: 16 * 1024 * 1024 }).catch((cause) => {
    throw new NoKafka(
      'Maven could not fetch Apache Kafka: it needs mvn, a JDK of version 17, and a way to the packages.',
      {
        cause,
      },
    );
  });
  writeFileSync(join(LIBRARIES, 'complete'), '');

  return LIBRARIES;
}

/** One broker, which is its own controller, on loopback. */
export async function startKafka(options: KafkaOptions): Promise<ApacheKafka> {
  const libraries = await fetchKafka();
  const port = await freePortBase();
  const config = join(options.folder, 'server.properties');
  mkdirSync(options.folder, { recursive: true });
  writeFileSync(config, properties(options, port));
  const java = (main: string, ...args: string[]) => [...jvm(), '-cp', `${libraries}/*`, main, ...args] as const;
  if (!readdirSync(options.folder).includes('data')) {
    const scram = options.secured?.login;
    const users =
      scram === undefined ? [] : ['--add-scram', `SCRAM-SHA-512=[name=${scram.username},password=${scram.password}]`];
    await run('java', [
      ...java('kafka.tools.StorageTool', 'format', '-t', 'causewayAAAAAAAAAAAAAA', '-c', config, ...users),
    ]);
  }
  const log = join(options.folder, 'kafka.log');
  const start = async () => {
    writeFileSync(log, '');
    const child = spawn('sh', ['-c', `exec java "$@" > '${log}' 2>&1`, 'sh', ...java('kafka.Kafka', config)], {
      stdio: 'ignore',
    });
    await untilStarted(child, `127.0.0.1:${port}`, log);

    return child;
  };
  let child = await start();
  const end = async (name: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(name);
    await gone;
  };

  return {
    brokers: `127.0.0.1:${port}`,
    securedBrokers: `127.0.0.1:${port + 2}`,
    get pid() {
      return child.pid as number;
    },
    async restart() {
      await end('SIGKILL');
      child = await start();
    },
    stop: () => end('SIGKILL'),
  };
}

function jvm(): readonly string[] {
  return ['-Xmx384m', '-Xms128m', '-XX:+UseSerialGC'];
}

function properties({ folder, partitions = 4, secured }: KafkaOptions, port: number): string {
  const security =
    secured === undefined
      ? {}
      : {
          'ssl.keystore.type': 'PEM',
          'ssl.keystore.location': secured.keyStore,
          'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN',
          'listener.name.secured.scram-sha-512.sasl.jaas.config':
            'org.apache.kafka.common.security.scram.ScramLoginModule required;',
          'listener.name.secured.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${secured.login.username}="${secured.login.password}";`,
        };
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`, `CONTROLLER://127.0.0.1:${port + 1}`];
  if (secured !== undefined) listeners.push(`SECURED://127.0.0.1:${port + 2}`);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${port + 1}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: listeners.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'num.partitions': partitions,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    ...security,
  };

  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/** Until it answers: its log is silent, because its packages bring no logger along. */
async function untilStarted(child: ChildProcess, brokers: string, log: string): Promise<void> {
  const end = Date.now() + START_MS;
  const answers = () => run('kcat', ['-L', '-b', brokers, '-m', '2']).then(Boolean, () => false);
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > end) {
      child.kill('SIGKILL');
      throw new NoKafka(`Apache Kafka did not start: ${readFileSync(log, 'utf8').slice(-2000)}`);
    }
    await sleep(100);
  }
}
