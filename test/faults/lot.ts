import { Buffer } from 'node:buffer';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { synthesize } from '../../bin/synthesize.ts';
import { localPlatform } from '../../cli/platform/local-platform.ts';
import {
  PARKING_ASSEMBLY,
  type Platform,
  removeFolder,
  startPlatform,
  temporaryFolder,
} from '../acceptance/platform.ts';
import type { Evidence, Row } from './judge.ts';
import { idIn } from './message.ts';
import { databaseProcesses, gone, processTree, signal } from './processes.ts';

export const TASK = 'ParkingHistory';
const STATE_TASK = 'ParkingData';
const POLL_MS = 500;
/** The counts have come to rest when they stay the same for so long. */
const REST_MS = 3000;

/** A task's account; zeros while there is none. */
export type Counts = Evidence['ledger'];

const NOTHING: Counts = { accepted: 0, written: 0, quarantined: 0, inFlight: 0, lost: 0, doubled: 0 };

/** A parking lot on this machine that may be killed and started again. */
export class Lot {
  #assembly: string;
  /** The assembly is this lot's own. */
  #synthesized: boolean;
  #platform: Platform;

  private constructor(platform: Platform, assembly: string, synthesized: boolean) {
    this.#platform = platform;
    this.#assembly = assembly;
    this.#synthesized = synthesized;
  }

  /** @param assembly synthesized templates to run; without them the parking lot is synthesized, once for all its starts */
  static async open(options: { readonly assembly?: string } = {}): Promise<Lot> {
    const given = options.assembly ?? PARKING_ASSEMBLY;
    const assembly = given ?? (await synthesize('parking', temporaryFolder()));

    return new Lot(await startPlatform({ assembly }), assembly, given === undefined);
  }

  get pid(): number {
    return this.#platform.pid;
  }

  get state(): string {
    return this.#platform.state;
  }

  get broker(): string {
    return this.#platform.file.mqtt.url;
  }

  get management() {
    return localPlatform(this.state);
  }

  /** SIGKILLs the runtime, with all its processes or alone, and starts it again on the same state. */
  async killRuntime(all: boolean): Promise<void> {
    const victims = all ? processTree(this.pid) : processTree(this.pid).slice(0, 1);
    for (const { pid } of victims) signal(pid, 'SIGKILL');
    await Promise.all(victims.map(({ pid }) => gone(pid)));
    const { state, portBase } = this.#platform;
    this.#platform = await startPlatform({ state, portBase, assembly: this.#assembly });
  }

  /** Stops the runtime and starts it again with other templates on the same state, as a deployment does. */
  async redeploy(integration: string): Promise<void> {
    const assembly = await synthesize(integration, temporaryFolder());
    const { state, portBase } = this.#platform;
    await this.#platform.stop();
    if (this.#synthesized) removeFolder(this.#assembly);
    this.#assembly = assembly;
    this.#synthesized = true;
    this.#platform = await startPlatform({ state, portBase, assembly });
  }

  /** Answers how many processes there were: one, or none while it is being started again. */
  signalDatabase(name: NodeJS.Signals): number {
    return databaseProcesses(this.pid).filter(({ pid }) => signal(pid, name)).length;
  }

  databasePids(): number[] {
    return databaseProcesses(this.pid).map(({ pid }) => pid);
  }

  databaseFolder(): string {
    const [folder] = databaseProcesses(this.pid).flatMap(({ command }) => /--datadir=(\S+)/.exec(command)?.[1] ?? []);

    return folder ?? '';
  }

  /** Resolves when a consumer of the history has had a statement executed; without one, after so many milliseconds. */
  async statement(limitMs: number): Promise<void> {
    const file = openSync(join(this.state, 'logs', 'aws.log'), 'r');
    const end = performance.now() + limitMs;
    const { size } = fstatSync(file);
    const isStatement = (line: string) => line.includes('"rds-data"') && line.includes(`${TASK}Consumer`);
    while (!readFrom(file, size).split('\n').some(isStatement) && performance.now() < end) await sleep(1);
    closeSync(file);
  }

  get mqttPort(): number {
    return Number(new URL(this.broker).port);
  }

  /** Of the runtime's own process, MiB. */
  memoryMb(): number {
    return processTree(this.pid)[0]?.memoryMb ?? 0;
  }

  /** Publishes that the broker discarded because of their rate, of the last hour: AWS IoT's metric. */
  async throttled(): Promise<number> {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#platform.file.aws;
    const client = new CloudWatchClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
    const minute = 60_000;
    const { Datapoints: points = [] } = await client.send(
      new GetMetricStatisticsCommand({
        ...{
          Namespace: 'AWS/IoT',
          MetricName: 'PublishIn.Throttle',
          Dimensions: [{ Name: 'Protocol', Value: 'MQTT' }],
        },
        ...{ StartTime: new Date(Date.now() - 60 * minute), EndTime: new Date(Date.now() + minute) },
        ...{ Period: 60, Statistics: ['Sum'] },
      }),
    );
    client.destroy();

    return points.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }

  /** Milliseconds from the broker to the row, of the rows of one run. */
  async rowDelays(tag: string, except = ''): Promise<number[]> {
    const connection = await mysql.createConnection({ ...this.#platform.file.mysql });
    const [rows] = await connection.query<(RowDataPacket & { micros: number })[]>(
      'SELECT TIMESTAMPDIFF(MICROSECOND, EventTime, WrittenAt) AS micros FROM ParkingHistory WHERE DeviceId LIKE ? AND DeviceId NOT LIKE ?',
      [`${tag}.%`, `${tag}.${except}/%`],
    );
    await connection.end();

    return rows.map(({ micros }) => Number(micros) / 1000);
  }

  async counts(task = TASK): Promise<Counts> {
    const { ledger } = await this.management.client.ledger(task);

    return ledger ?? NOTHING;
  }

  /** Waits until both tasks account for so many more messages and nothing follows, or the limit has passed. */
  async settle(before: Counts, expected: number, limitMs: number, onProgress: (done: number) => void): Promise<void> {
    const end = Date.now() + limitMs;
    let last = '';
    let since = Date.now();
    while (Date.now() < end) {
      const now = await Promise.all([this.counts(TASK), this.counts(STATE_TASK)]).catch(() => undefined);
      if (now !== undefined) {
        const done = Math.min(...now.map((counts) => sum(counts) - sum(before)));
        onProgress(done);
        const text = JSON.stringify(now);
        if (text !== last) since = Date.now();
        last = text;
        if (done >= expected && Date.now() - since >= REST_MS) return;
      }
      await sleep(POLL_MS);
    }
  }

  /** What the platform has of one run's messages. */
  async evidence(tag: string, before: Counts): Promise<Evidence> {
    const connection = await mysql.createConnection({ ...this.#platform.file.mysql });
    const ask = async <T>(sql: string, values: readonly string[]) =>
      (await connection.query<(RowDataPacket & T)[]>(sql, [...values]))[0];
    const columns = 'DeviceId AS id, Status AS status, TraceId AS traceId';
    const ours = `${tag}.%`;
    try {
      const history = await ask<Row>(
        `SELECT ${columns} FROM ParkingHistory WHERE DeviceId LIKE ? ORDER BY ParkingHistory.Id`,
        [ours],
      );
      const state = await ask<Row>(`SELECT ${columns} FROM ParkingData WHERE DeviceId LIKE ?`, [ours]);
      const rejected = await ask<{ body: Buffer; code: string; reason: string }>(
        'SELECT Body AS body, Code AS code, Reason AS reason FROM causeway.quarantine WHERE Task = ? AND LOCATE(?, Body) > 0',
        [TASK, `${tag}.`],
      );
      const now = await this.counts();

      return {
        history,
        state,
        quarantine: rejected.map(({ body, code, reason }) => ({ id: idIn(body, tag), code, reason })),
        ledger: {
          ...now,
          accepted: now.accepted - before.accepted,
          written: now.written - before.written,
          quarantined: now.quarantined - before.quarantined,
        },
      };
    } finally {
      await connection.end();
    }
  }

  /**
   * Objects in the buckets that take what a rule or a mapping could not deliver. Events of connections are no messages: one whose function
   * was killed is kept there, and an alarm says so.
   */
  failures(): string[] {
    const folder = join(this.state, 'store');

    return existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => join(parentPath, name))
          .filter((file) => !readFileSync(file, 'utf8').includes('"topic":"$aws/events/'))
      : [];
  }

  /** How often the event source mappings say so. */
  deliveries(message: string): number {
    const file = join(this.state, 'logs', 'lambda.log');

    return existsSync(file) ? readFileSync(file, 'utf8').split(message).length - 1 : 0;
  }

  stop(): Promise<number | null> {
    return this.#platform.stop();
  }

  /** After the stop: leaves nothing behind. */
  remove(): void {
    removeFolder(this.state);
    if (this.#synthesized) removeFolder(this.#assembly);
  }
}

function sum({ written, quarantined }: Counts): number {
  return written + quarantined;
}

function readFrom(file: number, position: number): string {
  const buffer = Buffer.alloc(Math.max(0, fstatSync(file).size - position));
  readSync(file, buffer, 0, buffer.length, position);

  return buffer.toString('latin1');
}
