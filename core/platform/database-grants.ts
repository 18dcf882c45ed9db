import { InvalidSetting } from '../errors.ts';
import { checkOneOf, checkPattern } from './check-setting.ts';
import { type MigrationDatabase, ordered } from './migration-database.ts';

/** Rights on one table of the default database, as an integration declares them. */
export interface Grant {
  readonly user: 'causeway_api';
  readonly table: string;
  readonly rights: readonly TableRight[];
}

export type TableRight = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

/** Rights of one user on one target, in MySQL's words. */
export interface TargetRights {
  readonly user: string;
  /** `` `schema`.`table` `` or `` `schema`.* `` */
  readonly target: string;
  /** `GRANT OPTION` among them lets the user pass the others on. */
  readonly rights: readonly string[];
}

const TABLE_RIGHTS: readonly TableRight[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const GRANT_OPTION = 'GRANT OPTION';

/** @throws InvalidSetting for a user, table or right that an integration may not name */
export function targetRights(scope: string, database: string, grants: readonly Grant[]): TargetRights[] {
  return grants.map(({ user, table, rights }) => {
    const at = `grants of ${scope}`;
    checkOneOf<string>(`${at}: user`, user, ['causeway_api']);
    checkPattern(`${at}: table`, table, /^[A-Za-z_][A-Za-z0-9_$]{0,63}$/, '1 to 64 letters, digits, "_" and "$"');
    for (const right of rights) {
      checkOneOf(`${at}: right on ${table}`, right, TABLE_RIGHTS);
    }
    if (rights.length === 0) {
      throw new InvalidSetting(`${at}: rights on ${table}`, rights, `at least one of ${TABLE_RIGHTS.join(', ')}`);
    }

    return { user, target: tableOf(database, table), rights };
  });
}

export function tableOf(schema: string, table: string): string {
  return `\`${schema}\`.\`${table}\``;
}

/** All tables of a schema. In a name like this, MySQL takes `_` and `%` for wildcards. */
export function schemaOf(schema: string): string {
  return `\`${schema.replaceAll(/[_%]/g, '\\$&')}\`.*`;
}

/**
 * Makes a scope's rights exactly those declared: gives all of them, and takes away what the scope gave before, unless another scope has given
 * it too. What was given is kept in `causeway.granted`, because the database cannot tell whose grant it was.
 */
export async function applyGrants(
  database: MigrationDatabase,
  scope: string,
  declared: readonly TargetRights[],
): Promise<void> {
  const given = await readGiven(database);
  for (const { user, target, rights } of merged(declared)) {
    await give(database, { user, target, rights });
    await record(database, scope, { user, target, rights });
  }
  for (const { user, target, rights } of given.filter((one) => one.scope === scope)) {
    const same = (one: TargetRights) => one.user === user && one.target === target;
    const others = given.filter((one) => one.scope !== scope && same(one));
    const kept = [...declared.filter(same), ...others].flatMap((one) => one.rights);
    for (const right of rights.filter((one) => !kept.includes(one))) {
      // "Already" is no error here: the right may have gone together with its table.
      await ordered(database, `REVOKE ${right} ON ${target} FROM '${user}'@'%'`, ['already']);
    }
    if (!declared.some(same)) {
      await forget(database, scope, { user, target });
    }
  }
}

async function give(database: MigrationDatabase, { user, target, rights }: TargetRights): Promise<void> {
  const plain = rights.filter((right) => right !== GRANT_OPTION).join(', ');
  const option = rights.includes(GRANT_OPTION) ? ` WITH ${GRANT_OPTION}` : '';

  await ordered(database, `GRANT ${plain} ON ${target} TO '${user}'@'%'${option}`);
}

/** One entry per user and target. */
function merged(declared: readonly TargetRights[]): TargetRights[] {
  const targets = Map.groupBy(declared, ({ user, target }) => `${user} ${target}`);

  return [...targets.values()].map(([first, ...rest]) => {
    const { user, target, rights } = first as TargetRights;

    return { user, target, rights: [...new Set([...rights, ...rest.flatMap((one) => one.rights)])] };
  });
}

async function readGiven(database: MigrationDatabase): Promise<(TargetRights & { readonly scope: string })[]> {
  const rows = await database.query('SELECT Scope, Grantee, Target, Rights FROM causeway.granted');

  return rows.map((row) => ({
    scope: String(row['Scope']),
    user: String(row['Grantee']),
    target: String(row['Target']),
    rights: String(row['Rights']).split(','),
  }));
}

async function record(
  database: MigrationDatabase,
  scope: string,
  { user, target, rights }: TargetRights,
): Promise<void> {
  await database.run(
    `INSERT INTO causeway.granted (Scope, Grantee, Target, Rights) VALUES (:scope, :user, :target, :rights)
     ON DUPLICATE KEY UPDATE Rights = :rights`,
    { scope, user, target, rights: rights.join(',') },
  );
}

async function forget(
  database: MigrationDatabase,
  scope: string,
  { user, target }: Pick<TargetRights, 'user' | 'target'>,
): Promise<void> {
  await database.run('DELETE FROM causeway.granted WHERE Scope = :scope AND Grantee = :user AND Target = :target', {
    scope,
    user,
    target,
  });
}
