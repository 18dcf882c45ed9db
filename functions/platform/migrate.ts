import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../core/errors.ts';
import { ADVANCE_FUNCTION, ADVANCE_FUNCTION_SQL } from '../../core/fdi/advance-function.ts';
import {
  ADVANCE_KEYS_FUNCTION,
  ADVANCE_KEYS_FUNCTION_SQL,
  OVERLAP_FUNCTION,
  OVERLAP_FUNCTION_SQL,
} from '../../core/fdi/advance-keys-function.ts';
import { READMIT_FUNCTION, READMIT_FUNCTION_SQL } from '../../core/fdi/readmit-function.ts';
import { applyGrants, targetRights } from '../../core/platform/database-grants.ts';
import { BOOTSTRAP, PLATFORM_SCOPE, provisionUsers, type UserLogin } from '../../core/platform/database-users.ts';
import type { MigrationDefinitions } from '../../core/platform/migration.ts';
import { type MigrationDatabase, ordered } from '../../core/platform/migration-database.ts';
import { withMigrationLock } from '../../core/platform/migration-lock.ts';
import { runMigrations } from '../../core/platform/run-migrations.ts';
import { type CustomResourceHandler, customResource, type ResourceRequest } from '../shared/custom-resource.ts';
import { type Database, database } from '../shared/database.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { awaitDatabase, migrationDatabase } from '../shared/migration-database.ts';
import { readSecret } from '../shared/secrets.ts';

export interface MigrationProperties {
  /** Changes when a migration does. */
  readonly Hash: string;
  /** Scope `platform` only: names of the database functions the platform makes. Another version of one has another name. */
  readonly Functions?: readonly string[];
  /** Scope `platform` only: the users to make, with their secrets `{"username","password"}`. */
  readonly Users?: readonly { readonly User: string; readonly SecretArn: string }[];
}

const FUNCTIONS: readonly (readonly [name: string, sql: string, without: string])[] = [
  [ADVANCE_FUNCTION, ADVANCE_FUNCTION_SQL, 'consumers will use transactions'],
  [OVERLAP_FUNCTION, OVERLAP_FUNCTION_SQL, 'consumers with several lanes will use transactions'],
  [ADVANCE_KEYS_FUNCTION, ADVANCE_KEYS_FUNCTION_SQL, 'consumers with several lanes will use transactions'],
  [READMIT_FUNCTION, READMIT_FUNCTION_SQL, 'nothing can be replayed'],
];

export interface MigrateOptions {
  readonly definitions: () => MigrationDefinitions;
  readonly database: () => Database;
  readonly readSecret: (arn: string) => Promise<Partial<UserLogin> | undefined>;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Migrations of one stack, the rights on its tables and, for the platform, the database's users. */
export const handler = migrationResource({
  definitions: readDefinitions,
  database,
  readSecret,
  pause: (milliseconds) => delay(milliseconds),
});

export function migrationResource(options: MigrateOptions): CustomResourceHandler {
  const migrate = (request: ResourceRequest<MigrationProperties>) => migrateScope(options, request);

  return customResource<MigrationProperties>({
    async create(request) {
      await migrate(request);

      return {};
    },
    async update(request) {
      await migrate(request);

      return {};
    },
    /** Data outlives its stack: tables, rows and what is known of their migrations stay. */
    async delete() {},
  });
}

async function migrateScope(
  { definitions, database: connect, readSecret: read, pause }: MigrateOptions,
  { properties, requestId, remainingMs }: ResourceRequest<MigrationProperties>,
): Promise<void> {
  const defined = definitions();
  const { scope, grants = [] } = defined;
  const schema = environment('DATABASE_NAME');
  const rights = targetRights(scope, schema, grants);
  const logins = await Promise.all((properties.Users ?? []).map((user) => loginOf(user, read)));
  const api = connect();
  await awaitDatabase(api, { remainingMs, pause });
  const migrations = migrationDatabase(api);
  if (scope === PLATFORM_SCOPE) {
    for (const statement of BOOTSTRAP) {
      await api.execute(statement);
    }
  }
  await withMigrationLock(migrations, { owner: requestId, remainingMs, pause }, async (prolong) => {
    const ran = await runMigrations(migrations, defined, { prolong, pause });
    logger.info('migrations ran', { scope, ran, of: defined.migrations.length });
    await prolong();
    if (scope === PLATFORM_SCOPE) {
      await makeFunctions(migrations);
    }
    await (scope === PLATFORM_SCOPE
      ? provisionUsers(migrations, schema, logins)
      : applyGrants(migrations, scope, rights));
  });
}

/**
 * Consumers write faster with theirs and as exactly without, and only replaying needs the other: where the database refuses to make them,
 * the deployment goes on.
 */
async function makeFunctions(migrations: MigrationDatabase): Promise<void> {
  for (const [name, sql, without] of FUNCTIONS) {
    try {
      await ordered(migrations, sql);
    } catch (error) {
      logger.warn(`function not made: ${without}`, { function: name, error });
    }
  }
}

async function loginOf(
  { User, SecretArn }: { readonly User: string; readonly SecretArn: string },
  read: MigrateOptions['readSecret'],
): Promise<UserLogin> {
  const secret = await read(SecretArn);
  if (secret?.password === undefined || secret.username !== User) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The secret of the database user ${User} does not hold {"username":"${User}","password":…}.`,
    });
  }

  return { username: User, password: secret.password };
}
