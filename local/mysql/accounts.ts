import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import mysql from 'mysql2/promise';
import type { MysqlClusterDefinition } from '../engines.ts';
import { LocalError } from '../errors.ts';
import type { MariadbFiles } from './files.ts';

const ADMINISTRATOR = 'causeway_local';

/**
 * What the master user of RDS may do: everything but what would let it out of the database (SUPER, FILE, SHUTDOWN).
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.MasterAccounts.html
 * DELETE HISTORY exists in MariaDB only, and ALL PRIVILEGES of a schema cannot be passed on without it.
 */
const MASTER_RIGHTS = [
  ...['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'RELOAD', 'PROCESS', 'REFERENCES', 'INDEX', 'ALTER'],
  ...['SHOW DATABASES', 'CREATE TEMPORARY TABLES', 'LOCK TABLES', 'EXECUTE', 'CREATE VIEW', 'SHOW VIEW'],
  ...['CREATE ROUTINE', 'ALTER ROUTINE', 'CREATE USER', 'EVENT', 'TRIGGER', 'DELETE HISTORY'],
];

/** Writes what the server runs before it accepts anybody: the engine's own user, with a password of this start. */
export async function writeInitFile(files: MariadbFiles): Promise<string> {
  const password = randomBytes(24).toString('hex');
  const user = `'${ADMINISTRATOR}'@'localhost'`;
  await mkdir(dirname(files.init), { recursive: true });
  await writeFile(
    files.init,
    `CREATE OR REPLACE USER ${user} IDENTIFIED BY '${password}';\nGRANT ALL PRIVILEGES ON *.* TO ${user} WITH GRANT OPTION;\n`,
    { mode: 0o600 },
  );

  return password;
}

/** Creates the cluster's database and master user, or gives the master the password of its secret. */
export async function applyAccounts(
  files: MariadbFiles,
  administratorPassword: string,
  definition: MysqlClusterDefinition,
): Promise<void> {
  const { database, masterUsername, masterPassword } = definition;
  if (masterUsername === ADMINISTRATOR) {
    throw new LocalError(`the master user cannot be called ${ADMINISTRATOR}: the local platform's own user is`);
  }
  const connection = await mysql.createConnection({
    socketPath: files.socket,
    user: ADMINISTRATOR,
    password: administratorPassword,
  });
  try {
    const master = `${connection.escape(masterUsername)}@'%'`;
    await connection.query(`CREATE USER IF NOT EXISTS ${master}`);
    await connection.query(`ALTER USER ${master} IDENTIFIED BY ${connection.escape(masterPassword)}`);
    await connection.query(`GRANT ${MASTER_RIGHTS.join(', ')} ON *.* TO ${master} WITH GRANT OPTION`);
    if (database !== undefined)
      await connection.query(`CREATE DATABASE IF NOT EXISTS ${connection.escapeId(database)}`);
  } finally {
    await connection.end();
  }
}
