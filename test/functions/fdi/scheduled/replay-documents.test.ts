import { beforeEach, expect, test } from '@jest/globals';
import { BSON } from 'mongodb';
import { correctRejected } from '../../../../core/fdi/correct-rejected.ts';
import { databaseReader } from '../../../../core/fdi/run-database-reader.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import { runTask } from '../../../../core/fdi/run-loop.ts';
import type { MongoTarget } from '../../../../core/fdi/run-mongo-collection.ts';
import { mongoTarget } from '../../../../core/fdi/run-mongo-target.ts';
import { runQuarantine } from '../../../../core/fdi/run-quarantine.ts';
import type { DatabaseSource } from '../../../../core/fdi/run-source.ts';
import { database } from '../../../../functions/shared/database.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import { oneMongo } from '../../shared/sources/mongo-fixture.ts';
import { databases, scheduledTask } from './databases.ts';
import { documentKiller } from './document-killer.ts';
import { mongoAt, replayDocuments } from './document-replays.ts';

const { mysql, side } = databases();
const mongo = oneMongo();
const { killedAt } = documentKiller(mongo);

/** An ObjectId of so many. */
const owner = (id: number) => String(id).padStart(24, '0');
const TARGET: MongoTarget = {
  ...{ kind: 'mongodb', collection: 'orders', write: 'insert', keys: [], objectIds: ['owner'] },
};
const ALL = Array.from({ length: 9 }, (_, at) => `${at + 1} ${owner(at + 1)}`);

/** Rows 1 to 9, of which every third has no owner that is an ObjectId. */
beforeEach(async () => {
  await mysql.run('DROP TABLE IF EXISTS source');
  await mysql.run('CREATE TABLE source (Id BIGINT PRIMARY KEY, Name VARCHAR(200))');
  const rows = Array.from({ length: 9 }, (_, at) => `(${at + 1}, '${(at + 1) % 3 === 0 ? 'nobody' : owner(at + 1)}')`);
  await mysql.run(`INSERT INTO source VALUES ${rows.join(', ')}`);
  await clear();
});

async function clear(): Promise<void> {
  for (const table of ['run_position', 'run', 'quarantine', 'replayed']) {
    await mysql.run(`DELETE FROM causeway.${table}`);
  }
  await mongo.drop();
}

function taskInto(target: Partial<MongoTarget> = {}): ScheduledTask {
  const mapping = [
    { column: target.keys === undefined ? 'id' : '_id', from: 'Id' },
    { column: 'owner', from: 'Name' },
  ];

  return { ...scheduledTask({ table: 'source' }, {}), target: { ...TARGET, ...target }, mapping };
}

async function run(task: ScheduledTask, id = '20261124T080000000Z-0001') {
  const reader = databaseReader({
    ...{ source: task.source as DatabaseSource, pageSize: task.pageSize, where: task.name, ...side.mysql() },
  });
  const target = mongoTarget({ task, target: task.target as MongoTarget, open: mongoAt(mongo.url) });
  const report = await runTask({
    ...{ reader, target, quarantine: runQuarantine(platformSessions(undefined), task.name, 'source') },
    observer: { claimed: async () => undefined, moved: async () => undefined },
    ...{ claim: { id }, remainingMs: () => 900_000, isStopped: async () => false, pause: async () => undefined },
    now: () => performance.now(),
  });
  await Promise.all([reader.close(), target.close()]);

  return report.counts;
}

const held = () =>
  mysql.run(
    'SELECT Id AS id, PartitionKey AS position, Code AS code, Attempts AS attempts FROM causeway.quarantine ORDER BY Id',
  );
async function correct(name: (id: number) => string = owner): Promise<void> {
  for (const { id, position } of await held()) {
    const key = Number(String(position).slice('Id='.length));
    const payload = Buffer.from(JSON.stringify({ Id: key, Name: name(key) })).toString('base64');
    await correctRejected(database(), { task: 'Copy', id: Number(id), payload, by: 'test' });
  }
}
const written = async () =>
  (await mongo.collection('orders').find().toArray())
    .map((document) => `${document['id'] ?? document._id} ${document['owner']}`)
    .toSorted();
const replayedInLog = async () =>
  Number((await mysql.run("SELECT SUM(RowsWritten) AS n FROM causeway.run WHERE Cause = 'replay'"))[0]?.['n'] ?? 0);
const replay = (task: ScheduledTask, request = {}) => replayDocuments({ task, url: mongo.url, request });

test('corrected records arrive, leave the quarantine and count as written', async () => {
  const task = taskInto();
  expect(await run(task)).toMatchObject({ written: 6, rejected: 3 });
  await correct();

  const answer = await replay(task, { count: true });

  expect(answer).toMatchObject({ written: 3, refused: [], missing: [], matching: 3 });
  expect([await written(), await held(), await replayedInLog()]).toEqual([ALL, [], 3]);
  expect(await mongo.collection('causeway_replayed').countDocuments()).toBe(0);
  // A source that has them as they were does not bring them into the quarantine again.
  await run(task, '20261124T100000000Z-0003');
  expect(await held()).toEqual([]);
});

test('what is refused again stays with the new reason, and one that the collection refuses stands alone', async () => {
  await mongo.collection('orders').createIndex({ owner: 1 }, { unique: true });
  const task = taskInto();
  await run(task);
  await correct((id) => (id === 6 ? 'still nobody' : id === 9 ? owner(1) : owner(id)));

  expect(await replay(task)).toMatchObject({ written: 1, refused: [{ code: 'type' }, { code: 'database' }] });

  expect(await written()).toContain(`3 ${owner(3)}`);
  expect(await held()).toMatchObject([
    { position: 'Id=6', code: 'type', attempts: 1 },
    { position: 'Id=9', code: 'database', attempts: 1 },
  ]);
});

test('what sets or deletes documents is replayed only when that is wanted; what is there as it is is not touched', async () => {
  const task = taskInto({ write: 'upsert', keys: ['_id'] });
  await run(task);
  await correct();
  await mongo.collection('orders').insertOne({ _id: 3 as never, owner: new BSON.ObjectId(owner(2)) });
  await mongo.collection('orders').updateOne({ _id: 6 as never }, { $set: { theirs: 'x' } }, { upsert: true });

  await expect(replay(task)).rejects.toThrow('--overwrite');
  expect(await replay(task, { overwrite: true })).toMatchObject({ written: 3 });

  expect(await written()).toEqual(ALL);
  expect(await mongo.collection('orders').findOne({ _id: 6 as never })).toMatchObject({ theirs: 'x' });
  await expect(replay(taskInto({ write: 'delete', keys: ['_id'], objectIds: [] }))).rejects.toThrow(
    'deletes documents of orders',
  );
});

test('with insert by key a document that is there stays as it is', async () => {
  const task = taskInto({ write: 'insert', keys: ['_id'] });
  await run(task);
  await correct();
  await mongo.collection('orders').insertOne({ _id: 3 as never, owner: 'theirs' });

  expect(await replay(task)).toMatchObject({ written: 3 });

  expect(await written()).toEqual(ALL.map((one) => (one.startsWith('3 ') ? '3 theirs' : one)));
  expect(await mysql.run("SELECT RowsUnchanged AS n FROM causeway.run WHERE Cause = 'replay'")).toEqual([{ n: 1 }]);
});

test('two that replay at once write each record once', async () => {
  const task = taskInto();
  await run(task);
  await correct();

  const outcomes = await Promise.allSettled([1, 2, 3].map(() => replay(task)));
  await replay(task);

  expect([await written(), await held(), await replayedInLog()]).toEqual([ALL, [], 3]);
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
});

/** Each round from the beginning: a process that is killed at its step, and one behind it that is not. */
async function killedEverywhere(isBroken: boolean, stride: number) {
  const task = taskInto();
  const rounds = [];
  for (let step = 1; ; step += stride) {
    await clear();
    await run(task);
    await correct();
    const died = await killedAt({ step, replay: { task, url: mongo.url, isBroken } });
    const { refused } = await replay(task);
    rounds.push({ step, refused, rows: await written(), held: await held(), replayed: await replayedInLog() });
    if (!died) {
      return rounds;
    }
  }
}

test('killed before or behind any call of a replay, each document is there once', async () => {
  const rounds = await killedEverywhere(false, 3);

  expect(rounds.length).toBeGreaterThan(8);
  expect(rounds).toEqual(rounds.map(({ step }) => ({ step, refused: [], rows: ALL, held: [], replayed: 3 })));
}, 120_000);

test('a marker that is there before its documents is found out', async () => {
  const rounds = await killedEverywhere(true, 3);

  expect(rounds.filter(({ rows }) => rows.join() !== ALL.join()).length).toBeGreaterThan(0);
}, 120_000);
