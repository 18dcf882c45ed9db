import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { DatabaseTarget } from '../../../core/fdi/run-destination.ts';
import type { Side } from './attempt.ts';

/** From which engine into which; `platform` is the platform's own database, by the Data API. */
export const PAIRS = ['mysql-mysql', 'postgresql-platform', 'mysql-postgresql'] as const;
export type Pair = (typeof PAIRS)[number];

/**
 * What a task does. `whole`: reads all there is each time, and writes what has changed; `incremental`: adds what is new by an id; `upsert`: by a
 * time of change, with rows that come late; `delete`: removes what the source gives.
 */
export const KINDS = ['whole', 'incremental', 'upsert', 'delete'] as const;
export type Kind = (typeof KINDS)[number];

/** A database of the harness, by a road that is not the task's. */
export interface Engine {
  readonly kind: 'mysql' | 'postgresql';
  readonly side: Side;
  run(sql: string): Promise<readonly Record<string, unknown>[]>;
}

/** A row of the source, and how often it is to have been written. */
interface SourceRow {
  readonly id: number;
  readonly name: string;
  readonly second: number;
  readonly written: number;
}

/** What has to be there in the end. */
export interface Truth {
  /** The target's rows, by id. */
  readonly rows: ReadonlyMap<number, string>;
  /** How often each row was added, changed or deleted. */
  readonly touched: ReadonlyMap<number, number>;
  /** Ids of the rows that do not fit. */
  readonly rejected: readonly number[];
}

const ROWS = 40;
const PAGE = 12;
/** So many rows of the same moment. */
const TIES = 5;
const TOO_LONG = 'x'.repeat(30);
const isBad = (id: number) => id % 10 === 7;

/** Source and target of one kind of task, and what they hold before each of its runs. */
export class Scene {
  readonly task: ScheduledTask;
  readonly #source: Engine;
  readonly #target: Engine;
  readonly #kind: Kind;
  #rows: readonly SourceRow[] = [];

  constructor(kind: Kind, source: Engine, target: Engine) {
    this.#kind = kind;
    this.#source = source;
    this.#target = target;
    this.task = taskOf(kind, target.side.kind === 'platform');
  }

  /** Runs that follow each other: the second one reads what has changed since the first. */
  get runs(): number {
    return this.#kind === 'delete' ? 1 : 2;
  }

  async build(): Promise<void> {
    await this.#source.run('DROP TABLE IF EXISTS source');
    await this.#source.run(
      `CREATE TABLE source (Id BIGINT PRIMARY KEY, Name VARCHAR(40) NOT NULL, Changed ${this.#source.kind === 'mysql' ? 'DATETIME(3)' : 'timestamp(3)'} NOT NULL)`,
    );
    await this.#target.run('DROP TABLE IF EXISTS target');
    await this.#target.run('DROP TABLE IF EXISTS touched');
    const key = (this.task.target as DatabaseTarget).keys.length > 0 ? ', PRIMARY KEY (Id)' : '';
    await this.#target.run(`CREATE TABLE target (Id BIGINT NOT NULL, Name VARCHAR(20) NOT NULL${key})`);
    await this.#target.run('CREATE TABLE touched (Id BIGINT NOT NULL)');
    for (const sql of triggers(this.#target.kind)) {
      await this.#target.run(sql);
    }
  }

  /** As before the first run. */
  async reset(): Promise<void> {
    this.#rows = Array.from({ length: ROWS }, (_, id) => row(id, this.#kind !== 'delete' && isBad(id)));
    await this.#source.run('DELETE FROM source');
    await this.#put(this.#rows);
    await this.#target.run('DELETE FROM target');
    if (this.#kind === 'delete') {
      const there = Array.from({ length: ROWS + TIES }, (_, id) => `(${id}, 'row ${id}')`);
      await this.#target.run(`INSERT INTO target VALUES ${there.join()}`);
    }
    await this.#target.run('DELETE FROM touched');
    await this.#target.run(
      this.#target.side.kind === 'platform'
        ? 'DELETE FROM causeway.run_position'
        : 'DROP TABLE IF EXISTS causeway_position',
    );
  }

  /** New rows; where rows are told apart by a key also changed ones, and one that was committed late. */
  async change(): Promise<void> {
    const hasKey = (this.task.target as DatabaseTarget).keys.length > 0;
    const added = Array.from({ length: TIES * 3 }, (_, at) => row(ROWS + at, isBad(ROWS + at)));
    const last = Math.max(...this.#rows.map(({ second }) => second));
    const changed = hasKey
      ? this.#rows
          .filter(({ id }) => id % 4 === 1 && !isBad(id))
          .map((old) => ({ ...old, name: `${old.name}, changed`, second: last + 2, written: old.written + 1 }))
      : [];
    const late = hasKey ? [{ ...row(1000, false), second: last - 1 }] : [];
    await this.#source.run(`DELETE FROM source WHERE Id IN (${[-1, ...changed.map(({ id }) => id)].join()})`);
    await this.#put([...added, ...changed, ...late]);
    const isChanged = new Set(changed.map(({ id }) => id));
    this.#rows = [...this.#rows.filter(({ id }) => !isChanged.has(id)), ...changed, ...added, ...late];
  }

  truth(): Truth {
    const good = this.#rows.filter(({ name }) => name !== TOO_LONG);
    const kept = Array.from({ length: TIES }, (_, at) => [ROWS + at, `row ${ROWS + at}`] as const);

    return {
      rows: new Map(this.#kind === 'delete' ? kept : good.map(({ id, name }) => [id, name])),
      touched: new Map(good.map(({ id, written }) => [id, written])),
      rejected: this.#rows.filter(({ name }) => name === TOO_LONG).map(({ id }) => id),
    };
  }

  async #put(rows: readonly SourceRow[]): Promise<void> {
    const values = rows.map(
      ({ id, name, second }) => `(${id}, '${name}', '2026-01-01 00:00:${String(second).padStart(2, '0')}')`,
    );
    await this.#source.run(`INSERT INTO source VALUES ${values.join()}`);
  }
}

function row(id: number, bad: boolean): SourceRow {
  return { id, name: bad ? TOO_LONG : `row ${id}`, second: Math.floor(id / TIES), written: 1 };
}

/** Every row that is added, changed or deleted leaves its id, in the transaction that does it. */
function triggers(kind: Engine['kind']): readonly string[] {
  const events = [
    ['INSERT', 'NEW'],
    ['UPDATE', 'NEW'],
    ['DELETE', 'OLD'],
  ] as const;
  if (kind === 'mysql') {
    return events.map(
      ([event, row]) =>
        `CREATE TRIGGER touch_${event} AFTER ${event} ON target FOR EACH ROW INSERT INTO touched VALUES (${row}.Id)`,
    );
  }

  return [
    `CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO touched VALUES (COALESCE(NEW.Id, OLD.Id)); RETURN NULL; END'`,
    'CREATE TRIGGER touch AFTER INSERT OR UPDATE OR DELETE ON target FOR EACH ROW EXECUTE FUNCTION touch()',
  ];
}

function taskOf(kind: Kind, isPlatform: boolean): ScheduledTask {
  const increments = {
    incremental: { column: 'Id', boundary: 'open', overlap: 0 },
    upsert: { column: 'Changed', boundary: 'closed', overlap: 3 },
  } as const;
  const increment = kind === 'incremental' || kind === 'upsert' ? increments[kind] : undefined;

  return {
    name: 'Copy',
    source: {
      kind: 'database',
      place: 'external',
      table: 'source',
      ...(increment !== undefined && { increment }),
      timeZone: 'UTC',
    },
    target: {
      kind: 'database',
      place: isPlatform ? 'platform' : 'external',
      table: 'target',
      write: kind === 'incremental' ? 'insert' : kind === 'delete' ? 'delete' : 'upsert',
      // Without a key, what is written twice is there twice.
      keys: kind === 'incremental' ? [] : ['Id'],
      onlyChanged: kind === 'whole',
    },
    mapping: 'by-name',
    overlap: 'skip',
    after: [],
    pageSize: PAGE,
  };
}
