import type { MongoTarget } from './run-mongo-collection.ts';
import { mongoFault } from './run-mongo-fault.ts';
import {
  isMongoRefused,
  type MongoDocument,
  type MongoSession,
  type OpenMongo,
  requireWritten,
} from './run-mongo-port.ts';
import { checkTransactions } from './run-mongo-positions.ts';
import { type Checking, checked, type SourceCheck, type Unproved } from './source-check.ts';

/**
 * Tries what a MongoDB is told: it is reached, lets its user in and knows transactions; documents may be added, changed and removed there and where
 * the place of the task is, in a transaction that is taken back.
 *
 * @param positions the collection that the task keeps its place in
 * @param random no document is called so
 */
export async function testMongoTarget(
  open: OpenMongo,
  target: MongoTarget,
  positions: string,
  random: string,
  checking: Checking,
): Promise<readonly SourceCheck[]> {
  let session: MongoSession | undefined;
  const connects = await checked(checking, 'connects', async () => {
    session = await open();
    await session.command({ ping: 1 });

    return undefined;
  });
  if (session === undefined || !connects.ok) {
    await session?.close();

    return [connects]; // all others would fail for the same reason
  }
  const own = session;
  try {
    const checks: SourceCheck[] = [connects];
    checks.push(
      await checked(checking, 'knows transactions', async () => {
        await checkTransactions(own, '');

        return undefined;
      }),
    );
    for (const [name, keys] of [
      [target.collection, target.keys],
      [positions, ['_id']],
    ] as const) {
      if (checks.every(({ ok }) => ok)) {
        checks.push(await checked(checking, `writes ${name}`, () => write(own, name, keys, random)));
      }
    }

    return checks;
  } finally {
    await own.close();
  }
}

async function write(
  session: MongoSession,
  collection: string,
  keys: readonly string[],
  random: string,
): Promise<Unproved | undefined> {
  const q: MongoDocument = Object.fromEntries((keys.length === 0 ? ['_id'] : keys).map((key) => [key, random]));
  await session.begin();
  try {
    const updates = [{ q, u: { $set: { causeway: 'test' } }, upsert: true }];
    requireWritten(await session.command({ update: collection, updates }));
    await session.command({ delete: collection, deletes: [{ q, limit: 1 }] });

    return undefined;
  } catch (error) {
    if (isMongoRefused(error) && mongoFault(error).kind === 'data') {
      return { unproved: `it takes no document but its own: ${error.message}` };
    }
    throw error;
  } finally {
    await session.rollback();
  }
}
