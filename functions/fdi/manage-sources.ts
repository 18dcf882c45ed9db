import { Refusal } from '../../core/errors.ts';
import { type DataSource, PLATFORM_DATABASE, type SourceKind, sourceReport } from '../../core/fdi/data-source.ts';
import { type SourceCheck, type SourceSession, testDatabase } from '../../core/fdi/test-database.ts';
import type { DatabaseUser } from '../../core/platform/database-users.ts';
import { environment } from '../shared/environment.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { sourceSession } from '../shared/source-session.ts';
import { catalogTable } from '../shared/tables.ts';

export interface ManageSourcesPorts {
  /** @param deadline milliseconds since 1970: an answer is due by then */
  readonly session: (user: DatabaseUser, deadline: number) => SourceSession;
  /** Tables that tasks write into. */
  readonly targets: () => Promise<readonly string[]>;
  readonly now: () => number;
}

/** The gateway waits 29 s. */
const RESUME_BUDGET_MS = 20_000;

const SOURCES: readonly DataSource[] = [PLATFORM_DATABASE];

/** How each kind is tested. */
const TESTS: Readonly<Record<SourceKind, (ports: ManageSourcesPorts) => Promise<SourceCheck[]>>> = {
  'aurora-mysql'({ session, targets, now }) {
    const deadline = now() + RESUME_BUDGET_MS;

    return testDatabase({ session: (user) => session(user, deadline), targets, now });
  },
};

/** Management API: data sources. */
export const handler = manageSources(awsPorts);

export function manageSources(portsOf: () => ManageSourcesPorts): ManagementHandler {
  return managementHandler([
    route({ method: 'GET', path: '/datasources', handler: async () => ok({ items: SOURCES }) }),
    route({
      method: 'POST',
      path: '/datasources/{source}/test',
      handler: async ({ path }) => {
        const source = SOURCES.find(({ name }) => name === path['source']);
        if (source === undefined) {
          const known = SOURCES.map(({ name }) => name).join(', ');
          throw new Refusal('CAUSEWAY.0404', {
            message: `There is no data source ${path['source']}; there are: ${known}.`,
          });
        }

        return ok(sourceReport(source, await TESTS[source.kind](portsOf())));
      },
    }),
  ]);
}

function awsPorts(): ManageSourcesPorts {
  const secrets = JSON.parse(environment('DATABASE_SECRETS')) as Readonly<Record<DatabaseUser, string>>;
  const [resourceArn, database] = [environment('DATABASE_CLUSTER_ARN'), environment('DATABASE_NAME')];

  return {
    session: (user, deadline) => sourceSession({ resourceArn, database, secretArn: secrets[user] }, deadline),
    targets: async () => {
      const tasks = await catalogTable().queryAll({ kind: 'task' });

      return [...new Set(tasks.map(({ document }) => String(document['table'])))];
    },
    now: Date.now,
  };
}
