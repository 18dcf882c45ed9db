import { Refusal } from '../../core/errors.ts';
import { type DataSource, PLATFORM_DATABASE, sourceReport } from '../../core/fdi/data-source.ts';
import { type DeclaredSource, declaredView } from '../../core/fdi/declared-source.ts';
import { mongoCollections, mongoFields } from '../../core/fdi/mongo-collections.ts';
import { isMongoUrl } from '../../core/fdi/mongo-url.ts';
import { type ProofPorts, testTaskSource } from '../../core/fdi/prove-sources.ts';
import type { MongoSession } from '../../core/fdi/run-mongo-port.ts';
import type { SourceCheck } from '../../core/fdi/source-check.ts';
import { type AskedSource, sourceColumns, sourceTables } from '../../core/fdi/source-tables.ts';
import { settingsOf, type TaskSource } from '../../core/fdi/task-source.ts';
import { type SourceSession, testDatabase } from '../../core/fdi/test-database.ts';
import { type TestDeclaredPorts, testDeclared } from '../../core/fdi/test-declared.ts';
import type { CatalogEntry } from '../../core/platform/catalog-entry.ts';
import type { DatabaseUser } from '../../core/platform/database-users.ts';
import { askedMongo, askedPlatform, asking } from '../shared/asked-source.ts';
import { openDeclared, openDeclaredMongo } from '../shared/declared-sources.ts';
import { environment } from '../shared/environment.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { sourceProofs } from '../shared/source-proofs.ts';
import { sourceSession } from '../shared/source-session.ts';
import { catalogTable } from '../shared/tables.ts';

export interface ManageSourcesPorts {
  /** @param deadline milliseconds since 1970: an answer is due by then */
  readonly session: (user: DatabaseUser, deadline: number) => SourceSession;
  /** Tables that tasks write into. */
  readonly targets: () => Promise<readonly string[]>;
  readonly now: () => number;
  /** Those that stacks declare. */
  readonly declared: () => Promise<readonly CatalogEntry[]>;
  readonly find: (name: string) => Promise<CatalogEntry | undefined>;
  /** @param timeMs for all of a test */
  readonly open: (source: DeclaredSource, timeMs: number) => TestDeclaredPorts['open'];
  /** What is on record of tests, and the functions of tasks that make them. */
  readonly proofs: ProofPorts;
  readonly openMongo: (source: DeclaredSource, timeMs: number) => Promise<MongoSession>;
  /** Whether the platform has a database of its own. */
  readonly hasDatabase: boolean;
}

/** A side of a task has no URL unless it is a database. */
type NamedSource = TaskSource & Partial<DeclaredSource>;

/** The gateway waits 29 s. */
const RESUME_BUDGET_MS = 20_000;
const TEST_BUDGET_MS = 25_000;

/** Management API: data sources. */
export const handler = manageSources(awsPorts);

export function manageSources(portsOf: () => ManageSourcesPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/datasources',
      handler: async () => ok({ items: await allSources(portsOf()) }),
    }),
    route({
      method: 'POST',
      path: '/datasources/{source}/test',
      handler: async ({ path }) => {
        const ports = portsOf();
        const name = path['source'] ?? '';
        if (ports.hasDatabase && name === PLATFORM_DATABASE.name) {
          return ok(sourceReport(PLATFORM_DATABASE, await testPlatform(ports)));
        }
        const source = await declaredNamed(ports, name);

        return ok(sourceReport(declaredView(name, source), await testNamed(ports, name, source)));
      },
    }),
    route({
      method: 'GET',
      path: '/datasources/{source}/tables',
      handler: async ({ path }) => {
        const name = path['source'] ?? '';

        return ok({ items: await listed(portsOf(), name, (source) => sourceTables(name, source), mongoCollections) });
      },
    }),
    route({
      method: 'GET',
      path: '/datasources/{source}/tables/{table}',
      handler: async ({ path }) => {
        const { source: name = '', table = '' } = path;

        const columns = (source: () => Promise<AskedSource>) => sourceColumns(name, table, source);

        return ok({ items: await listed(portsOf(), name, columns, (session) => mongoFields(session, name, table)) });
      },
    }),
  ]);
}

/** By the task whose side it is; of function APIs, here. */
async function testNamed(
  ports: ManageSourcesPorts,
  name: string,
  source: NamedSource,
): Promise<readonly SourceCheck[]> {
  const { proofs } = ports;
  if (source.tester !== undefined) {
    return testTaskSource(proofs, name, { ...source, tester: source.tester });
  }
  if (!hasUrl(source)) {
    throw new Refusal('CAUSEWAY.0412', { message: `${name} is not deployed completely: deploy its stack again.` });
  }
  const checks = await testDeclared({ ...ports, open: ports.open(source, TEST_BUDGET_MS) }, source.writes);
  const at = proofs.now().toISOString();
  await proofs.note(name, { at, passed: checks.every(({ ok }) => ok), of: settingsOf(source) });

  return checks;
}

/** Collections of a MongoDB are its tables, and what their documents hold is their columns. */
async function listed<Answer>(
  ports: ManageSourcesPorts,
  name: string,
  work: (source: () => Promise<AskedSource>) => Promise<Answer>,
  ofMongo: (session: MongoSession) => Promise<Answer>,
): Promise<Answer> {
  const source = name === PLATFORM_DATABASE.name && ports.hasDatabase ? undefined : await declaredNamed(ports, name);
  if (source === undefined || !hasUrl(source) || !isMongoUrl(source.url)) {
    return asked(ports, name, work);
  }
  return askedMongo(name, () => ports.openMongo(source, TEST_BUDGET_MS), ofMongo);
}

async function asked<Answer>(
  ports: ManageSourcesPorts,
  name: string,
  work: (source: () => Promise<AskedSource>) => Promise<Answer>,
): Promise<Answer> {
  if (ports.hasDatabase && name === PLATFORM_DATABASE.name) {
    return work(async () => askedPlatform(ports.session('causeway_fdi', ports.now() + RESUME_BUDGET_MS)));
  }

  const source = await declaredNamed(ports, name);
  if (!hasUrl(source)) {
    const own =
      source.kind === 'aurora-mysql' ? `: those of the platform's are shown of ${PLATFORM_DATABASE.name}` : '';
    throw new Refusal('CAUSEWAY.0400', { message: `${name} is no database with tables of its own${own}.` });
  }

  return asking(name, ports.open(source, TEST_BUDGET_MS), work);
}

async function declaredNamed(ports: ManageSourcesPorts, name: string): Promise<NamedSource> {
  const entry = await ports.find(name);
  if (entry === undefined) {
    const known = (await allSources(ports)).map((source) => source.name).join(', ') || 'none';
    throw new Refusal('CAUSEWAY.0404', { message: `There is no data source ${name}; there are: ${known}.` });
  }

  return declaredOf(entry);
}

async function allSources({ hasDatabase, declared }: ManageSourcesPorts): Promise<readonly DataSource[]> {
  const entries = await declared();
  const views = entries.map((entry) => declaredView(entry.name, declaredOf(entry)));

  return [...(hasDatabase ? [PLATFORM_DATABASE] : []), ...views.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

function testPlatform({ session, targets, now }: ManageSourcesPorts): Promise<SourceCheck[]> {
  const deadline = now() + RESUME_BUDGET_MS;

  return testDatabase({ session: (user) => session(user, deadline), targets, now });
}

function declaredOf({ document }: CatalogEntry): NamedSource {
  return document as unknown as NamedSource;
}

function hasUrl(source: NamedSource): source is DeclaredSource {
  return source.url !== undefined;
}

function awsPorts(): ManageSourcesPorts {
  return {
    session(user, deadline) {
      const secrets = JSON.parse(environment('DATABASE_SECRETS')) as Readonly<Record<DatabaseUser, string>>;
      const [resourceArn, database] = [environment('DATABASE_CLUSTER_ARN'), environment('DATABASE_NAME')];

      return sourceSession({ resourceArn, database, secretArn: secrets[user] }, deadline);
    },
    targets: async () => {
      const tasks = await catalogTable().queryAll({ kind: 'task' });

      return [...new Set(tasks.map(({ document }) => String(document['table'])))];
    },
    now: Date.now,
    declared: () => catalogTable().queryAll({ kind: 'source' }),
    find: (name) => catalogTable().get({ kind: 'source', name }),
    open: openDeclared,
    proofs: sourceProofs(),
    openMongo: openDeclaredMongo,
    hasDatabase: process.env['DATABASE_SECRETS'] !== undefined,
  };
}
