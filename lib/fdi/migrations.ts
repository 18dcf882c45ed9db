import { createHash } from 'node:crypto';
import { Duration, Lazy } from 'aws-cdk-lib';
import { Construct, type IDependable } from 'constructs';
import type { TableRight } from '../../core/platform/database-grants.ts';
import type { MigrationDefinitions } from '../../core/platform/migration.ts';
import { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { type MigrationFiles, migrationsOf } from '../platform/migration-files.ts';
import { ProvidedResource } from '../platform/provided-resource.ts';
import { checkName } from '../platform/setting.ts';

/** A table that migrations make. */
export interface ITable {
  readonly tableName: string;
  /** Whatever uses the table waits for this. */
  readonly ready: IDependable;
  /** Gives the user of the data APIs rights on it. */
  grant(rights: readonly TableRight[]): void;
}

export interface MigrationsProps {
  /** Holds `001-….sql` and so on: forward only, each run once, in order. */
  readonly folder: string;
}

/** The tables of an integration, from SQL files that run at deployment. */
export class Migrations extends Construct {
  readonly #files: MigrationFiles;
  /** Table → what the data APIs may do with it. */
  readonly #rights = new Map<string, Set<TableRight>>();
  readonly #resource: ProvidedResource;

  constructor(scope: Construct, id: string, props: MigrationsProps) {
    super(scope, id);
    const integration = Integration.of(this);
    this.#files = migrationsOf(props.folder, this);
    const provider = new HandlerFunction(this, 'Migrate', {
      environment: integration.settings,
      entry: 'platform/migrate',
      description: `Brings the tables of ${integration.stackName} up to date`,
      timeout: Duration.minutes(15),
      files: { 'definitions.json': () => this.#definitions() },
    });
    integration.databaseFor(this).grant(provider, 'causeway_migrate');
    this.#resource = new ProvidedResource(this, 'Migration', {
      provider,
      kind: 'Migration',
      timeout: Duration.minutes(15),
      properties: { Hash: Lazy.string({ produce: () => hashOf(this.#definitions()) }) },
    });
  }

  /** One of the tables the files make. Whether it is there is found out when a task or an API is deployed. */
  table(tableName: string): ITable {
    checkName(this, 'table', tableName, /^[A-Za-z_]\w{0,63}$/, '1 to 64 letters, digits or `_`, a letter or `_` first');
    const granted = this.#rights.get(tableName) ?? new Set<TableRight>();
    this.#rights.set(tableName, granted);
    const grant = (rights: readonly TableRight[]) => {
      for (const right of rights) {
        granted.add(right);
      }
    };

    return { tableName, ready: this.#resource, grant };
  }

  #definitions(): MigrationDefinitions {
    const grants = [...this.#rights]
      .filter(([, rights]) => rights.size > 0)
      .map(([table, rights]) => ({ user: 'causeway_api' as const, table, rights: [...rights] }));

    return { scope: Integration.of(this).stackName, migrations: this.#files.migrations, grants };
  }
}

function hashOf(definitions: object): string {
  return createHash('sha256').update(JSON.stringify(definitions)).digest('hex').slice(0, 16);
}
