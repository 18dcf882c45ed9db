import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Migration, statementsOf } from '../../core/platform/migration.ts';
import { invalid, type Place } from './setting.ts';

export interface MigrationFiles {
  readonly migrations: readonly Migration[];
  /** Changes when any file does: CloudFormation then runs the migrations. */
  readonly hash: string;
}

/**
 * The `*.sql` files of a folder, in order of their names (`001-tables.sql`).
 *
 * @throws InvalidSetting when there are none, two share their number, or one cannot be split into statements
 */
export function migrationsOf(folder: string, place: Place = folder): MigrationFiles {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.sql')) : [];
  const stray = files.find((file) => !/^\d{3}-[a-z0-9-]+\.sql$/.test(file));
  if (files.length === 0) {
    throw invalid(place, 'folder', folder, 'a folder with files like 001-tables.sql');
  }
  if (stray !== undefined) {
    throw invalid(place, 'migration', stray, 'three digits, `-` and a name in lower case: 001-tables.sql');
  }
  const migrations = files
    .sort()
    .map((file) => ({ name: file.slice(0, -4), sql: readFileSync(join(folder, file), 'utf8') }));
  const twin = migrations.find(({ name }, at) => migrations[at + 1]?.name.slice(0, 3) === name.slice(0, 3));
  if (twin !== undefined) {
    throw invalid(place, 'migration', twin.name, 'a number of its own: another file has it too');
  }
  for (const migration of migrations) {
    statementsOf(migration);
  }

  return { migrations, hash: createHash('sha256').update(JSON.stringify(migrations)).digest('hex').slice(0, 16) };
}
