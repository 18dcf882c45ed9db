import { batchOf, type MongoDocument, type MongoSession, requireWritten } from './run-mongo-port.ts';

/** Of one command; a message may have 48 MB. */
const BYTES = 8 * 1024 * 1024;
const AT_ONCE = 1000;

/** All documents of a filter, whatever they are as large as. */
export async function documentsOf(
  session: MongoSession,
  collection: string,
  filter: MongoDocument,
  projection: MongoDocument = {},
  rest: MongoDocument = {},
): Promise<readonly MongoDocument[]> {
  const all: MongoDocument[] = [];
  let reply = await session.command({ find: collection, filter, projection, batchSize: AT_ONCE, ...rest });
  for (;;) {
    const { documents, cursor } = batchOf(reply);
    all.push(...documents);
    if (cursor === '0') {
      return all;
    }
    reply = await session.command({ getMore: { $numberLong: cursor }, collection, batchSize: AT_ONCE });
  }
}

/** @throws MongoRefused for the first that could not be inserted */
export async function insertAll(
  session: MongoSession,
  collection: string,
  documents: readonly MongoDocument[],
): Promise<void> {
  for (const some of portions(documents, (document) => JSON.stringify(document).length)) {
    requireWritten(await session.command({ insert: collection, documents: some }));
  }
}

/** In as many portions as commands take. */
export function portions<One>(all: readonly One[], bytesOf: (one: One) => number): readonly (readonly One[])[] {
  const found: One[][] = [];
  let bytes = 0;
  for (const one of all) {
    const size = bytesOf(one);
    const last = found.at(-1);
    if (last === undefined || last.length === AT_ONCE || bytes + size > BYTES) {
      found.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }

  return found;
}
