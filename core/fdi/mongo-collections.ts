import { Refusal } from '../errors.ts';
import { batchOf, type Ejson, type MongoDocument, type MongoSession } from './run-mongo-port.ts';
import { typeOfValue, valueKind } from './run-mongo-value.ts';
import type { SourceColumn, SourceTable } from './source-tables.ts';

/** More are not shown: who has so many knows the name. */
const MAX_COLLECTIONS = 5000;
/** The newest of these say what the others hold. */
const LOOKED_AT = 200;
/** Members of members of members: deeper ones are read as JSON. */
const MAX_DEPTH = 5;

/** Collections and views that the user sees, by name. */
export async function mongoCollections(session: MongoSession): Promise<readonly SourceTable[]> {
  const reply = await session.command({
    ...{ listCollections: 1, nameOnly: true, authorizedCollections: true },
    cursor: { batchSize: MAX_COLLECTIONS },
  });
  const { documents } = batchOf(reply);
  const all = documents.map(
    ({ name, type }): SourceTable => ({ name: String(name), kind: type === 'view' ? 'view' : 'table' }),
  );

  return all.filter(({ name }) => !name.startsWith('system.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * What the newest documents of a collection hold, by their paths.
 *
 * @throws Refusal `CAUSEWAY.0404` where there is none
 */
export async function mongoFields(
  session: MongoSession,
  source: string,
  collection: string,
): Promise<readonly SourceColumn[]> {
  const { documents } = batchOf(
    await session.command({ find: collection, sort: { _id: -1 }, limit: LOOKED_AT, batchSize: LOOKED_AT }),
  );
  if (documents.length === 0) {
    throw new Refusal('CAUSEWAY.0404', {
      message: `${source} has no documents in ${collection} that its user sees; causeway datasource tables ${source} lists its collections.`,
    });
  }
  const found = new Map<string, Set<string>>();
  const reads = new Map<string, Set<string>>();
  const times = new Map<string, number>();
  for (const document of documents) {
    for (const [path, value] of membersOf(document)) {
      times.set(path, (times.get(path) ?? 0) + (value === null ? 0 : 1));
      add(found, path, value === null ? undefined : valueKind(value));
      add(reads, path, typeOfValue(value));
    }
  }

  return [...found].map(([path, kinds]) => ({
    name: path,
    type: [...kinds].join(' | ') || 'null',
    readAs: readAs(reads.get(path) ?? new Set()),
    nullable: (times.get(path) ?? 0) < documents.length,
    key: path === '_id' ? 1 : null,
  }));
}

function* membersOf(document: MongoDocument, before = '', depth = 1): Generator<readonly [path: string, value: Ejson]> {
  for (const [name, value] of Object.entries(document)) {
    const path = `${before}${name}`;
    if (valueKind(value) === 'object' && depth < MAX_DEPTH && !name.includes('.')) {
      yield* membersOf(value as MongoDocument, `${path}.`, depth + 1);
    } else {
      yield [path, value];
    }
  }
}

function add(sets: Map<string, Set<string>>, path: string, one: string | undefined): void {
  const set = sets.get(path) ?? new Set();
  sets.set(path, set);
  if (one !== undefined) {
    set.add(one);
  }
}

function readAs(types: ReadonlySet<string>): string {
  const [only = 'string'] = types;
  const isNumber = [...types].every((type) => type === 'integer' || type === 'number');

  return types.size < 2 ? only : isNumber ? 'number' : 'string';
}
