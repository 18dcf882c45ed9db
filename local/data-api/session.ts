import mysql, { type Connection, type FieldPacket, type ResultSetHeader } from 'mysql2';
import { databaseError, unavailable } from './errors.ts';
import type { BoundValue } from './parameter.ts';

export interface Login {
  readonly socketPath: string;
  readonly user: string;
  readonly password: string;
  /** Empty: no schema is chosen. */
  readonly database: string;
}

/** Takes a result's rows as they come. */
export interface RowSink {
  fields(fields: readonly FieldPacket[]): void;
  row(values: readonly unknown[]): void;
}

export interface Outcome {
  readonly affectedRows: number;
  /** 0: nothing was generated. */
  readonly insertId: number;
}

const CONNECT_MILLIS = 10_000;
/** Per session; MariaDB keeps 16,382 in all. */
const PREPARED = 200;
/** Literals and parameters have the server's collation, not the character set's first one: else they would not compare. */
const COLLATION =
  "EXECUTE IMMEDIATE CONCAT('SET NAMES utf8mb4', IF(@@collation_server LIKE 'utf8mb4%', CONCAT(' COLLATE ', @@collation_server), ''))";
const NOTHING: Outcome = { affectedRows: 0, insertId: 0 };

/** One connection of one user. Runs one statement at a time. */
export class Session {
  readonly #connection: Connection;
  #failed: Error | undefined;
  #reject: ((error: unknown) => void) | undefined;
  /** A statement has changed the session: nobody else may get it. */
  stateful = false;

  private constructor(connection: Connection) {
    this.#connection = connection;
    connection.on('error', (error) => this.#fail(error));
    connection.on('end', () => this.#fail(unavailable('the connection was closed')));
  }

  /** Throws `AwsError` DatabaseUnavailableException, InvalidSecretException, DatabaseErrorException. */
  static async open(login: Login): Promise<Session> {
    const connection = mysql.createConnection({
      ...login,
      charset: 'utf8mb4',
      connectTimeout: CONNECT_MILLIS,
      // The driver's own additions to sql_mode and to what a statement may do on this machine.
      flags: ['-IGNORE_SPACE', '-LOCAL_FILES'],
      rowsAsArray: true,
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      jsonStrings: true,
      maxPreparedStatements: PREPARED,
    });
    const session = new Session(connection);
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error ? reject(databaseError(error)) : resolve()));
    });
    await session.run(COLLATION);

    return session;
  }

  /** AWS's `dbConnectionId`. */
  get id(): number {
    return this.#connection.threadId ?? 0;
  }

  get isUsable(): boolean {
    return this.#failed === undefined;
  }

  /** Throws `AwsError` in the Data API's words. */
  run(sql: string, values: readonly BoundValue[] = [], sink?: RowSink): Promise<Outcome> {
    if (this.#failed !== undefined) return Promise.reject(databaseError(this.#failed));

    return new Promise<Outcome>((resolve, reject) => {
      this.#reject = reject;
      let outcome = NOTHING;
      let resultSets = 0;
      // Prepared only where something is bound: a plain statement saves the round trip.
      const command =
        values.length === 0
          ? this.#connection.query({ sql })
          : this.#connection.execute({ sql, values: values as unknown[] });
      command.on('fields', (fields: readonly FieldPacket[] | undefined) => {
        if (fields === undefined) return;
        resultSets += 1;
        // A procedure may answer several; the Data API returns one.
        if (resultSets === 1) sink?.fields(fields);
      });
      command.on('result', (result: unknown) => {
        if (Array.isArray(result)) {
          if (resultSets === 1) sink?.row(result);
          return;
        }
        const { affectedRows, insertId } = result as ResultSetHeader;
        outcome = { affectedRows, insertId };
      });
      command.on('error', (error: unknown) => reject(databaseError(error)));
      command.on('end', () => resolve(outcome));
    });
  }

  /** Asks politely; what is under way comes to its end. */
  close(): void {
    this.#failed ??= unavailable('the connection was closed');
    this.#connection.end();
  }

  destroy(): void {
    this.#fail(unavailable('the connection was closed'));
    this.#connection.destroy();
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#reject?.(databaseError(error));
  }
}
