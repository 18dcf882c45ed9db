import { afterEach, beforeEach } from '@jest/globals';
import type { Grant } from '../../../core/platform/database-grants.ts';
import type { MigrationDefinitions } from '../../../core/platform/migration.ts';
import { migrationResource } from '../../../functions/platform/migrate.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { MigrationCluster } from './migration-cluster.ts';

export const TABLES = {
  name: '001-tables',
  sql: `-- one row per space: ok
        CREATE TABLE ParkingData (DeviceId VARCHAR(64) PRIMARY KEY, Status VARCHAR(16) /* 0 or 1 */);
        INSERT INTO ParkingData VALUES ('a;b', '0');`,
};

let cloudFormation: CloudFormation;
export let cluster: MigrationCluster;
export let passwords: Record<string, { username: string; password: string }>;

/** A new cluster and a new CloudFormation for each test of the file that calls this. */
export function useMigrations(): void {
  beforeEach(async () => {
    process.env['DATABASE_NAME'] = 'integration';
    cloudFormation = new CloudFormation();
    cluster = new MigrationCluster();
    passwords = {
      'arn:fdi': { username: 'causeway_fdi', password: 'FdiFdiFdiFdi1234' },
      'arn:api': { username: 'causeway_api', password: 'ApiApiApiApi1234' },
    };
    await cloudFormation.start();
  });

  afterEach(async () => {
    await cloudFormation.stop();
  });
}

interface Sent {
  readonly scope?: string;
  readonly grants?: readonly Grant[];
  readonly users?: readonly object[];
  readonly type?: 'Create' | 'Update' | 'Delete';
  readonly requestId?: string;
  readonly remainingMs?: () => number;
}

/** One request of CloudFormation to the handler, as the stack sends it. */
export function migrate(migrations: MigrationDefinitions['migrations'], sent: Sent = {}) {
  const { scope = 'Parking', grants = [], users, type = 'Create', requestId = 'request-1', remainingMs } = sent;
  const handler = migrationResource({
    definitions: () => ({ scope, migrations, grants }),
    database: () => cluster.database,
    readSecret: async (arn) => passwords[arn],
    pause: async () => {},
  });
  const event = cloudFormation.event(type, { Hash: 'h', ...(users && { Users: users }) }, { RequestId: requestId });

  return cloudFormation.send(handler, event, remainingMs);
}
