import { InvalidSetting } from '../errors.ts';
import { checkOneOf } from './check-setting.ts';
import { applyGrants, schemaOf, type TargetRights, tableOf } from './database-grants.ts';
import { type MigrationDatabase, ordered } from './migration-database.ts';

/** Who works in the database; each user has a secret of its own. */
export const DATABASE_USERS = ['causeway_migrate', 'causeway_fdi', 'causeway_api', 'causeway_reader'] as const;
export type DatabaseUser = (typeof DATABASE_USERS)[number];

/** What a user's secret holds. */
export interface UserLogin {
  readonly username: string;
  readonly password: string;
}

/** The scope of the platform's own migrations and of its users' rights. */
export const PLATFORM_SCOPE = 'platform';
/** The platform's own schema. */
const PLATFORM_SCHEMA = 'causeway';
/** What tasks keep of themselves. */
const FDI_TABLES = [
  ...['position', 'key_position', 'quarantine', 'lease', 'ledger', 'run_position', 'run', 'kafka_start', 'replayed'],
  ...['before_image', 'image_shape', 'rollback_log'],
];
const CHANGE_ROWS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
/** A password becomes part of a statement, since CREATE USER binds nothing: nothing in it may end the literal. */
const PASSWORD = /^[A-Za-z0-9]{16,}$/;

/**
 * What the platform lets its users do: define user tables and pass rights on them on; change rows of user tables and of the delivery ledger,
 * and move positions by the platform's function; use the schema and read nothing in it (an integration says which tables its APIs need); read
 * both schemas.
 *
 * @param database the schema of the user tables
 */
function platformRights(database: string): TargetRights[] {
  const ledger = (user: DatabaseUser, table: string) => ({
    user,
    target: tableOf(PLATFORM_SCHEMA, table),
    rights: CHANGE_ROWS,
  });

  return [
    { user: 'causeway_migrate', target: schemaOf(database), rights: ['ALL PRIVILEGES', 'GRANT OPTION'] },
    ...['migration', 'migration_lock', 'granted'].map((table) => ledger('causeway_migrate', table)),
    { user: 'causeway_fdi', target: schemaOf(database), rights: CHANGE_ROWS },
    ...FDI_TABLES.map((table) => ledger('causeway_fdi', table)),
    { user: 'causeway_fdi', target: schemaOf(PLATFORM_SCHEMA), rights: ['EXECUTE'] },
    // Shows no view without SELECT on it; without any right a connection to the schema is refused, also for statements that read no table.
    { user: 'causeway_api', target: schemaOf(database), rights: ['SHOW VIEW'] },
    { user: 'causeway_reader', target: schemaOf(database), rights: ['SELECT'] },
    { user: 'causeway_reader', target: schemaOf(PLATFORM_SCHEMA), rights: ['SELECT'] },
  ];
}

/** Creates the users that are missing, gives all of them the passwords of their secrets and exactly the platform's rights. */
export async function provisionUsers(
  migrations: MigrationDatabase,
  database: string,
  logins: readonly UserLogin[],
): Promise<void> {
  for (const { username, password } of logins) {
    const user = accountOf(username);
    checkSecret(username, password);
    const hidden = (text: string) => text.replaceAll(password, '…');
    for (const statement of [`CREATE USER IF NOT EXISTS ${user}`, `ALTER USER ${user}`]) {
      // The database quotes what it does not understand: no message may carry the password into a log or a reason.
      await ordered(migrations, `${statement} IDENTIFIED BY '${password}'`, [], hidden);
    }
  }
  const made = new Set(logins.map(({ username }) => username));

  await applyGrants(
    migrations,
    PLATFORM_SCOPE,
    platformRights(database).filter(({ user }) => made.has(user)),
  );
}

function accountOf(username: string): string {
  checkOneOf<string>('database user', username, DATABASE_USERS);

  return `'${username}'@'%'`;
}

function checkSecret(username: string, password: string): void {
  if (!PASSWORD.test(password)) {
    throw new InvalidSetting(`password of ${username}`, '(not shown)', 'at least 16 letters and digits, nothing else');
  }
}

/** What migrations need before the first one can run. Statements that may be repeated. */
export const BOOTSTRAP: readonly string[] = [
  `CREATE DATABASE IF NOT EXISTS ${PLATFORM_SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE IF NOT EXISTS ${PLATFORM_SCHEMA}.migration (
    Scope VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    Name VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    Statements INT UNSIGNED NOT NULL,
    Sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    Attempted INT UNSIGNED NOT NULL,
    AppliedAt DATETIME(3) NULL,
    PRIMARY KEY (Scope, Name)
  ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE IF NOT EXISTS ${PLATFORM_SCHEMA}.migration_lock (
    Id TINYINT UNSIGNED NOT NULL,
    Owner VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    Turn BIGINT UNSIGNED NOT NULL,
    ExpiresAt DATETIME(3) NOT NULL,
    PRIMARY KEY (Id)
  ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `CREATE TABLE IF NOT EXISTS ${PLATFORM_SCHEMA}.granted (
    Scope VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    Grantee VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    Target VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    Rights VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    PRIMARY KEY (Scope, Grantee, Target)
  ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `INSERT INTO ${PLATFORM_SCHEMA}.migration_lock (Id, Owner, Turn, ExpiresAt) VALUES (1, '', 0, '2000-01-01')
   ON DUPLICATE KEY UPDATE Id = 1`,
];
