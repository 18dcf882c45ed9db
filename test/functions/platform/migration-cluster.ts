import type { Database, Row, StatementResult } from '../../../functions/shared/database.ts';

type Values = Readonly<Record<string, string | number>>;
type SqlParameters = NonNullable<Parameters<Database['execute']>[1]>;

/** A fault as the Data API reports it. */
export class ClusterFault extends Error {
  readonly dbConnectionId?: number;

  constructor(name: string, message: string, dbConnectionId?: number) {
    super(message);
    this.name = name;
    if (dbConnectionId !== undefined) {
      this.dbConnectionId = dbConnectionId;
    }
  }
}

/** The database's own refusal of a statement. */
export function databaseError(errno: number, message: string): ClusterFault {
  return new ClusterFault('DatabaseErrorException', `Database error code: ${errno}. Message: ${message}`);
}

/**
 * A cluster behind the Data API, as far as migrations use it: it keeps the tables `causeway.migration`, `migration_lock` and `granted`, and
 * takes down every other statement. What a transaction did is undone by its roll-back.
 */
export class MigrationCluster {
  /** Statements of migrations, users and grants that have run, in order. */
  ran: string[] = [];
  migrations = new Map<string, Values & { readonly AppliedAt: string | null }>();
  granted = new Map<string, Values>();
  lock = { owner: '', expired: true, taken: 0 };
  /** Faults by the beginning of a statement; each is thrown once, `undefined` lets one pass. */
  readonly faults = new Map<string, (Error | undefined)[]>();
  /** Connections whose statement runs on, with the polls it still takes. */
  readonly running = new Map<number, number>();
  /** Called before every statement. */
  onStatement: (sql: string) => void = () => {};

  readonly database: Database = {
    execute: async (sql, parameters = [], { json = false } = {}) => {
      const statement = sql.replaceAll(/\s+/g, ' ').trim();
      this.onStatement(statement);
      const fault = [...this.faults].find(([start]) => statement.startsWith(start))?.[1].shift();
      if (fault !== undefined) {
        throw fault;
      }
      const { updated = 0, rows = [] } = this.#execute(statement, valuesOf(parameters));

      return { updated, rows: json ? rows : [], records: [], columns: [] } satisfies StatementResult;
    },
    begin: async () => {
      this.#saved = { ran: [...this.ran], migrations: new Map(this.migrations), granted: new Map(this.granted) };

      return 'transaction';
    },
    commit: async () => {
      this.#saved = undefined;
    },
    rollback: async () => {
      Object.assign(this, this.#saved);
    },
  };

  #saved: Pick<MigrationCluster, 'ran' | 'migrations' | 'granted'> | undefined;

  #execute(sql: string, values: Values): { updated?: number; rows?: readonly Row[] } {
    const key = Object.values(values).slice(0, 3).join(' ');
    if (sql.startsWith('UPDATE causeway.migration_lock')) {
      return { updated: this.#lock(sql, String(values['owner'])) };
    }
    if (sql.startsWith('SELECT Name')) {
      return { rows: [...this.migrations.values()].filter(({ Scope }) => Scope === values['scope']) };
    }
    if (sql.startsWith('INSERT INTO causeway.migration (')) {
      const { scope = '', name = '', done = 0, sha256 = '', attempted = 0, complete } = values;
      const AppliedAt = complete === 1 ? '2026-11-24 10:00:00.000' : null;
      const row = { Scope: scope, Name: name, Statements: done, Sha256: sha256, Attempted: attempted, AppliedAt };
      this.migrations.set(`${scope} ${name}`, row as Values & { AppliedAt: string | null });

      return { updated: 1 };
    }
    if (sql.startsWith('SELECT Scope')) {
      return { rows: [...this.granted.values()] };
    }
    if (sql.startsWith('INSERT INTO causeway.granted')) {
      const { scope = '', user = '', target = '', rights = '' } = values;
      this.granted.set(key, { Scope: scope, Grantee: user, Target: target, Rights: rights });

      return { updated: 1 };
    }
    if (sql.startsWith('DELETE FROM causeway.granted')) {
      return { updated: Number(this.granted.delete(key)) };
    }
    if (sql.includes('information_schema.processlist')) {
      return { rows: this.#connection(Number(values['connection'])) };
    }
    if (sql !== 'SELECT 1') {
      this.ran.push(sql);
    }
    return { updated: 1 };
  }

  #lock(sql: string, owner: string): number {
    if (sql.includes('- INTERVAL 1 SECOND')) {
      this.lock.expired ||= this.lock.owner === owner;
      return 1;
    }
    const free = this.lock.owner === owner || (this.lock.expired && sql.includes('OR ExpiresAt <'));
    if (free) {
      this.lock = { owner, expired: false, taken: this.lock.taken + 1 };
    }
    return Number(free);
  }

  #connection(id: number): Row[] {
    const left = this.running.get(id) ?? 0;
    this.running.set(id, left - 1);

    return left > 0 ? [{ Connection: id }] : [];
  }
}

function valuesOf(parameters: SqlParameters): Values {
  return Object.fromEntries(
    parameters.map(({ name, value }) => [name ?? '', value?.stringValue ?? value?.longValue ?? '']),
  );
}
