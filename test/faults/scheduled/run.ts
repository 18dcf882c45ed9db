import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Connection } from 'mysql2/promise';
import { startPlatform } from '../../../bench/fdi/platform.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { seededRandom } from '../random.ts';
import type { Order } from './attempt-child.ts';

/** One task whose processes were killed again and again, and what its tables say then. */
interface Outcome {
  readonly target: 'platform' | 'mysql';
  readonly kill: 'steps' | 'instants';
  readonly kills: number;
  readonly rounds: number;
  /** In words, each round that does not add up. */
  readonly findings: readonly string[];
}

interface Options {
  readonly seed: number;
  readonly instants: number;
  readonly every: number;
  readonly broken?: boolean;
  readonly out?: string;
}

const ROWS = 400;
/** Of so many rows, one does not fit: it has to be in the quarantine, once. */
const BAD_EVERY = 50;
const CHILD = join(import.meta.dirname, 'attempt-child.ts');

async function runAll({ seed, instants, every, broken = false }: Options): Promise<Outcome[]> {
  const platform = await startPlatform();
  const connection = await platform.connect();
  const outcomes: Outcome[] = [];
  try {
    await prepare(connection);
    const [[row]] = (await connection.query('SELECT @@port AS port')) as unknown as [[{ port: number }]];
    for (const target of ['platform', 'mysql'] as const) {
      const trial = new Trial(connection, platform.environment, {
        task: taskFor(target),
        url: `jdbc:mysql://127.0.0.1:${row.port}/integration`,
        user: 'master',
        password: 'bench',
        isPlatform: target === 'platform',
        isBroken: broken,
      });
      outcomes.push({ target, kill: 'steps', ...(await trial.everyStep(every)) });
      outcomes.push({ target, kill: 'instants', ...(await trial.randomInstants(instants, seededRandom(seed))) });
    }
  } finally {
    await connection.end();
    await platform.stop();
  }

  return outcomes;
}

/** Its own rounds: each begins with empty tables, and ends with a process that nobody kills. */
class Trial {
  readonly #connection: Connection;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #order: Order;

  constructor(connection: Connection, environment: Readonly<Record<string, string>>, order: Order) {
    this.#connection = connection;
    this.#environment = environment;
    this.#order = order;
  }

  async everyStep(stride: number) {
    const findings: string[] = [];
    let kills = 0;
    for (let step = 1; ; step += stride) {
      await this.#empty();
      if (!(await this.#kill({ haltAt: step }))) {
        return { kills, rounds: kills + 1, findings };
      }
      kills += 1;
      findings.push(...(await this.#verdict(`killed at step ${step}`)));
    }
  }

  async randomInstants(wanted: number, random: () => number) {
    const findings: string[] = [];
    let [kills, rounds] = [0, 0];
    while (kills < wanted) {
      await this.#empty();
      rounds += 1;
      // Several processes of one run, as long as it lasts.
      while (kills < wanted && (await this.#kill({ afterMs: random() * 250 }))) {
        kills += 1;
      }
      findings.push(...(await this.#verdict(`round ${rounds}`)));
    }

    return { kills, rounds, findings };
  }

  /** @returns whether the process was killed before it was done */
  async #kill({ haltAt, afterMs }: { readonly haltAt?: number; readonly afterMs?: number }): Promise<boolean> {
    const child = await this.#start();
    child.send({ ...this.#order, ...(haltAt !== undefined && { haltAt }) });
    const said = once(child, 'message').then(([message]) => message);
    const late =
      afterMs === undefined ? said : Promise.race([said, new Promise((done) => setTimeout(done, afterMs, 'now'))]);
    const message = await late;
    const killed = message === 'halted' || message === 'now';
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    // As if its minute were over.
    const table = this.#order.isPlatform ? 'causeway.run_position' : 'causeway_position';
    await this.#connection.query(`UPDATE ${table} SET HeldUntil = NULL`).catch(() => undefined);

    return killed;
  }

  async #start(): Promise<ChildProcess> {
    const environment = { ...process.env, ...this.#environment, CAUSEWAY_LOOPBACK: 'allowed' };
    const child = fork(CHILD, { env: environment, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');

    return child;
  }

  async #empty(): Promise<void> {
    for (const sql of [
      'TRUNCATE target',
      'DELETE FROM causeway.run_position',
      'DELETE FROM causeway.quarantine',
      'DROP TABLE IF EXISTS causeway_position',
    ]) {
      await this.#connection.query(sql);
    }
  }

  /** Ends the run, and holds the tables against each other. */
  async #verdict(round: string): Promise<string[]> {
    const child = await this.#start();
    child.send(this.#order);
    const [{ report }] = (await once(child, 'message')) as [
      { report: { end?: string; counts?: Record<string, number> } },
    ];
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [[row]] = (await this.#connection.query(`SELECT
      (SELECT COUNT(*) FROM source s LEFT JOIN (SELECT Id, COUNT(*) AS n FROM target GROUP BY Id) t ON t.Id = s.Id
        WHERE LENGTH(s.Name) <= 20 AND COALESCE(t.n, 0) <> 1) AS wrong,
      (SELECT COUNT(*) FROM target t LEFT JOIN source s ON s.Id = t.Id WHERE s.Id IS NULL OR s.Name <> t.Name) AS strange,
      (SELECT COUNT(*) FROM causeway.quarantine) AS rejected`)) as unknown as [[Record<string, number>]];
    const { read = 0, written = 0, unchanged = 0, rejected = 0 } = report.counts ?? {};
    const isRight =
      report.end === 'succeeded' &&
      row['wrong'] === 0 &&
      row['strange'] === 0 &&
      row['rejected'] === ROWS / BAD_EVERY &&
      read === written + unchanged + rejected;

    return isRight ? [] : [`${round}: ${JSON.stringify({ ...row, report })}`];
  }
}

/** Insert into a table without a key: a row that is written twice is there twice. */
function taskFor(target: 'platform' | 'mysql'): ScheduledTask {
  return {
    name: 'Copy',
    source: {
      kind: 'database',
      place: 'external',
      table: 'source',
      increment: { column: 'Id', boundary: 'open', overlap: 0 },
      timeZone: 'UTC',
    },
    target: {
      kind: 'database',
      place: target === 'platform' ? 'platform' : 'external',
      table: 'target',
      write: 'insert',
      keys: [],
      onlyChanged: false,
    },
    mapping: 'by-name',
    overlap: 'skip',
    after: [],
    pageSize: 100,
  };
}

async function prepare(connection: Connection): Promise<void> {
  await connection.query('CREATE TABLE source (Id BIGINT PRIMARY KEY, Name VARCHAR(40) NOT NULL)');
  await connection.query('CREATE TABLE target (Id BIGINT NOT NULL, Name VARCHAR(20) NOT NULL, KEY (Id))');
  const rows = Array.from({ length: ROWS }, (_, at) => [at, at % BAD_EVERY === 7 ? 'x'.repeat(30) : `row ${at}`]);
  await connection.query('INSERT INTO source VALUES ?', [rows]);
}

await new Command('node test/faults/scheduled/run.ts')
  .description('Kills the process of a scheduled task before and behind every statement, and at random instants.')
  .addOption(new Option('--seed <n>', 'when something is killed').argParser(Number).default(1))
  .addOption(new Option('--instants <n>', 'kills at random instants, per target').argParser(Number).default(1000))
  .addOption(new Option('--every <n>', 'kill before every nth step only').argParser(Number).default(1))
  .option('--broken', 'break delivery on purpose: this has to be found')
  .option('--out <dir>', 'write scheduled.json into this folder')
  .action(async (options: Options) => {
    const outcomes = await runAll(options);
    for (const { target, kill, kills, rounds, findings } of outcomes) {
      process.stdout.write(`${target} ${kill}: ${kills} kills in ${rounds} rounds, ${findings.length} findings\n`);
      for (const finding of findings.slice(0, 10)) process.stdout.write(`  ${finding}\n`);
    }
    if (options.out !== undefined) {
      mkdirSync(options.out, { recursive: true });
      writeFileSync(
        join(options.out, 'scheduled.json'),
        `${JSON.stringify({ ...options, at: new Date(), outcomes }, undefined, 2)}\n`,
      );
    }
    process.exitCode = outcomes.some(({ findings }) => findings.length > 0) ? 1 : 0;
  })
  .parseAsync();
