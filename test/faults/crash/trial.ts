import type { Connection } from 'mysql2/promise';
import { type Platform, startPlatform } from '../../../bench/fdi/platform.ts';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { task } from '../../core/fdi/tasks.ts';
import { consumerVariant } from '../../fdi-variants/consumer-variant.ts';
import { DeliveryStuck, deliver } from './delivery.ts';
import { type Death, Instance } from './instance.ts';
import { type Delivered, findingsIn } from './judge-delivery.ts';
import { laneOf, messages, REFUSED, recordOf, type SentMessage } from './messages.ts';

export const TABLES = ['history', 'state'] as const;
export type TableKind = (typeof TABLES)[number];

/** Delivery broken on purpose, none of it in the product's code; each has to be found. */
export const BROKEN = ['early-checkpoint', 'no-position', 'shard-position-with-lanes'] as const;
export type Broken = (typeof BROKEN)[number];

/** A task whose processes are killed. */
export interface Subject {
  readonly lanes: 1 | 10;
  /** That write a batch: of several, each waits in the database for those before it. */
  readonly calls: 'one' | 'several';
  readonly table: TableKind;
}

export interface Outcome {
  readonly kills: number;
  readonly rounds: number;
  /** In words, each with its round. */
  readonly findings: readonly string[];
}

/** Batches of several lanes are written at once by so many processes: more than the cores of a small machine only wait. */
const INSTANCES = 4;
const ROUND_MESSAGES = 250;
const STEP_MESSAGES = 40;
const KILLED_SHARE = 0.6;
/** Kills come until an invocation has usually ended, and a little later. */
const MOST_SHARE = 1.3;
/** The engines' own times, shortened: who waits for a lock or a dead transaction waits as on AWS, only less. */
const IDLE_MILLISECONDS = 1500;

const LOCK_WAIT = 1205;
const ATTEMPTS = 10;
const EMPTIED = [
  ...['History', 'State', 'causeway.position', 'causeway.key_position'],
  ...['causeway.lease', 'causeway.quarantine'],
];

const SCHEMA = [
  `CREATE TABLE History (Id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, DeviceId VARCHAR(64) NOT NULL,
    Status VARCHAR(16) NOT NULL CHECK (Status <> '${REFUSED}')) COLLATE utf8mb4_bin`,
  `CREATE TABLE State (DeviceId VARBINARY(256) NOT NULL PRIMARY KEY, Status VARCHAR(16) NOT NULL CHECK (Status <> '${REFUSED}')) COLLATE utf8mb4_bin`,
];

/** The engines of a run, and rounds of kills in them. */
export class Trial {
  readonly #platform: Platform;
  readonly #connection: Connection;
  readonly #broken: Broken | undefined;
  readonly #code: Readonly<Record<Subject['calls'], string | undefined>>;
  #interrupted = false;

  private constructor(
    platform: Platform,
    connection: Connection,
    broken: Broken | undefined,
    code: Readonly<Record<Subject['calls'], string | undefined>>,
  ) {
    this.#platform = platform;
    this.#connection = connection;
    this.#broken = broken;
    this.#code = code;
  }

  static async open(broken?: Broken): Promise<Trial> {
    const platform = await startPlatform({ innodb_lock_wait_timeout: '1' }, IDLE_MILLISECONDS);
    const connection = await platform.connect();
    for (const sql of SCHEMA) await connection.query(sql);

    const mistaken = broken === 'no-position' ? await consumerVariant('without-position') : undefined;

    return new Trial(platform, connection, broken, {
      one: mistaken,
      several: mistaken ?? (await consumerVariant('pieces')),
    });
  }

  /** Ends with the round under way. */
  interrupt(): void {
    this.#interrupted = true;
  }

  async stop(): Promise<void> {
    await this.#connection.end();
    await this.#platform.stop();
  }

  /**
   * Kills before and behind every call of a round, one kill a round: the opening of a shard, batches in one statement and, as parts of them
   * come again, in a transaction, with what is set aside among them.
   *
   * @param stride every how many steps
   */
  async everyStep(subject: Subject, stride: number, random: () => number, killed: () => void): Promise<Outcome> {
    const sent = messages(STEP_MESSAGES, random, subject.table === 'history').map((one, at) =>
      at % 9 === 4 ? { ...one, fault: 'malformed' as const } : one,
    );
    const findings: string[] = [];
    let kills = 0;
    for (let step = 1 + Math.floor(random() * stride); ; step += stride) {
      const at = await this.#stepRound(subject, sent, step);
      if (at !== undefined) {
        kills += 1;
        killed();
      }
      findings.push(
        ...(await this.#verdict(subject, sent)).map(
          (finding) => `killed ${at ?? 'nowhere'} (step ${step}): ${finding}`,
        ),
      );
      if (at === undefined || this.#interrupted) {
        return { kills, rounds: kills + 1, findings };
      }
    }
  }

  /** @returns where the process was killed; nowhere when the round has fewer steps */
  async #stepRound(subject: Subject, sent: readonly SentMessage[], step: number): Promise<string | undefined> {
    await this.#empty();
    const [instance] = await this.#instances(subject, 1, () => 1);
    let [left, killedAt]: [number, string | undefined] = [step, undefined];
    // In halves by key, where there are lanes: what one lane is ahead of, the other must not lose.
    const lanes =
      subject.lanes === 1 ? [sent] : [0, 1].map((lane) => sent.filter(({ key }) => laneOf(key, 2) === lane));
    for (const lane of lanes) {
      for (const [from, to] of [
        [0, 8],
        [4, 14],
        [14, lane.length],
      ] as const) {
        const records = lane.slice(from, to).map(recordOf);
        for (let done = false; !done; ) {
          let passed = 0;
          const death: Death = killedAt === undefined ? { kind: 'step', step: left } : undefined;
          const said = await (instance as Instance).invoke(records, death, () => {
            passed += 1;
          });
          left -= passed;
          killedAt ??= said.kind === 'killed' ? said.at : undefined;
          done = this.#broken === 'early-checkpoint' || (said.kind === 'said' && said.unwritten === '');
        }
      }
    }
    await instance?.stop();

    return killedAt;
  }

  /** Kills at random instants, several in a round, with batches in changing boundaries, and answers that are lost. */
  async randomInstants(subject: Subject, wanted: number, random: () => number, told: () => void): Promise<Outcome> {
    const findings: string[] = [];
    let [kills, rounds] = [0, 0];
    while (kills < wanted && !this.#interrupted) {
      await this.#empty();
      rounds += 1;
      const sent = messages(ROUND_MESSAGES, random, subject.table === 'history');
      const instances = await this.#instances(subject, subject.lanes === 1 ? 1 : INSTANCES, random);
      const stuck = await deliver(sent, {
        ...{ lanes: subject.lanes, instances, random, early: this.#broken === 'early-checkpoint', mostAttempts: 200 },
        death: () =>
          kills < wanted && random() < KILLED_SHARE ? { kind: 'instant', share: random() * MOST_SHARE } : undefined,
        killed: () => {
          kills += 1;
          told();
        },
      }).catch((error: unknown) => {
        if (!(error instanceof DeliveryStuck)) throw error;
        return error.message;
      });
      await Promise.all(instances.map((instance) => instance.stop()));
      const found = [...(stuck === undefined ? [] : [stuck]), ...(await this.#verdict(subject, sent))];
      findings.push(...found.map((finding) => `round ${rounds}: ${finding}`));
    }

    return { kills, rounds, findings };
  }

  #instances(subject: Subject, count: number, random: () => number): Promise<Instance[]> {
    const known = this.#broken === 'shard-position-with-lanes' ? 1 : subject.lanes;
    const options = { random, code: this.#code[subject.calls] };

    return Promise.all(
      Array.from({ length: count }, () => Instance.start(taskOf(subject, known), this.#platform.environment, options)),
    );
  }

  async #empty(): Promise<void> {
    for (const table of EMPTIED) {
      await this.#patiently(`DELETE FROM ${table}`);
    }
  }

  /** A transaction that a dead process left open holds its rows a little longer. */
  async #patiently(sql: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#connection.query(sql);
        return;
      } catch (error) {
        if ((error as { errno?: number }).errno !== LOCK_WAIT || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #verdict({ table }: Subject, sent: readonly SentMessage[]): Promise<string[]> {
    const rows = async (sql: string) => (await this.#connection.query(sql))[0] as Record<string, string>[];
    const [counts] = await rows(
      'SELECT SUM(Written) AS written, SUM(Quarantined) AS quarantined FROM causeway.position',
    );
    const state = await rows('SELECT CONVERT(DeviceId USING utf8mb4) AS k, Status AS n FROM State');
    const delivered: Delivered = {
      history: (await rows('SELECT Status AS n FROM History ORDER BY Id')).map(({ n }) => Number(n)),
      state: new Map(state.map(({ k, n }) => [String(k), Number(n)])),
      quarantine: (await rows('SELECT Seq AS n FROM causeway.quarantine ORDER BY Id')).map(({ n }) => Number(n)),
      written: Number(counts?.['written']),
      quarantined: Number(counts?.['quarantined']),
    };

    return findingsIn(sent, delivered, table);
  }
}

function taskOf({ table }: Subject, parallelization: number): TopicTask {
  return task({
    name: 'Killed',
    target: table === 'history' ? { table: 'History' } : { table: 'State', write: 'upsert', keys: ['DeviceId'] },
    ...(parallelization > 1 && { parallelization }),
  });
}
