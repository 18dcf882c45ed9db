import { beforeEach, expect, test } from '@jest/globals';
import { changeRejected } from '../../../functions/fdi/change-rejected.ts';
import { type Database, database } from '../../../functions/shared/database.ts';
import type { ReplayReply } from '../../../functions/shared/replay-consumer.ts';
import type { TrialReply } from '../../../functions/shared/trial-consumer.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';
import { parking } from './parking.ts';

const lot = parking();
logLines();
let source: Pick<Database, 'execute'>;
let asked: (readonly [functionArn: string, question: object])[] = [];
let reply: ReplayReply | TrialReply;
const entry = { app: 'Owner', topic: 'Events', table: 'ParkingHistory' };
const handler = changeRejected(() => ({
  database: source,
  find: async (name) =>
    name === 'ParkingHistory'
      ? { ...entry, name, functionArn: 'arn:consumer' }
      : name === 'Nightly'
        ? { ...entry, name, functionArn: 'arn:run', mode: 'scheduled' }
        : undefined,
  ask: async (functionArn, question) => {
    asked.push([functionArn, question]);
    return reply;
  },
}));

beforeEach(() => {
  Object.assign(process.env, lot.environment);
  source = database();
  asked = [];
  reply = { answer: { written: 1, refused: [], missing: [], through: 9 } };
});

const replay = (body: object, task = 'ParkingHistory') =>
  callManagement(handler, { method: 'POST', resource: '/tasks/{task}/rejected', path: { task }, body });
const correct = (id: string, body: object) =>
  callManagement(handler, {
    method: 'PATCH',
    resource: '/tasks/{task}/rejected/{id}',
    path: { task: 'ParkingHistory', id },
    body,
  });

async function quarantined(): Promise<string> {
  await lot.query(`INSERT INTO causeway.quarantine
    (Task, Epoch, Shard, Seq, PartitionKey, Code, Reason, MappingVersion, Body, QuarantinedAt)
    VALUES ('ParkingHistory', 1, 's', '1', 'k', 'syntax', 'why', 'm', 'as it was', UTC_TIMESTAMP(3))`);

  return String((await lot.query('SELECT MAX(Id) AS id FROM causeway.quarantine'))[0]?.['id']);
}
const stored = () =>
  lot.query(`SELECT CAST(Body AS CHAR) AS body, CAST(Correction AS CHAR) AS correction, CorrectedBy AS who, Revision AS revision
    FROM causeway.quarantine`);

test('the task’s own consumer is asked to replay, and its answer is the answer', async () => {
  const request = { code: 'model', since: '2026-11-24T08:00:00Z', after: 3, through: 9 };

  expect(await replay(request)).toMatchObject({ status: 200, body: { written: 1, through: 9 } });
  expect(asked).toEqual([['arn:consumer', { replay: request }]]);
});

test('a refusal of the consumer arrives as one', async () => {
  reply = { refusal: { code: 'CAUSEWAY.0412', message: 'no event time' } };

  expect(await replay({})).toMatchObject({
    status: 412,
    body: { error_code: 'CAUSEWAY.0412', error_msg: 'no event time' },
  });
});

test.each([
  [{ ids: [0] }, 'ParkingHistory', 400, 'body.ids.0'],
  [{ ids: [] }, 'ParkingHistory', 400, 'body.ids'],
  [{ ids: ['17'] }, 'ParkingHistory', 400, 'body.ids.0'],
  [{ since: 'yesterday' }, 'ParkingHistory', 400, 'since: received "yesterday"'],
  [{ everything: true }, 'ParkingHistory', 400, 'everything is not known here'],
  [{}, 'Nobody', 404, 'There is no task "Nobody".'],
])('%j of %s is refused', async (body, task, status, message) => {
  const answer = await replay(body, task);

  expect([answer.status, answer.body['error_msg']]).toEqual([status, expect.stringContaining(message)]);
  expect(asked).toEqual([]);
});

test('of a scheduled task its function is asked, which knows how its records are written', async () => {
  expect(await replay({ ids: [3] }, 'Nightly')).toMatchObject({ status: 200 });
  expect(asked).toEqual([['arn:run', { replay: { ids: [3] } }]]);
});

test('a correction stands beside the original, another takes its place, and it can be taken back', async () => {
  const id = await quarantined();
  const payload = (text: string) => ({ correction: Buffer.from(text).toString('base64') });

  expect(await correct(id, payload('first'))).toMatchObject({ status: 200, body: { id: Number(id) } });
  await correct(id, payload('second'));
  expect(await stored()).toEqual([
    { body: 'as it was', correction: 'second', who: 'arn:aws:iam::123456789012:user/operator', revision: 2 },
  ]);
  await correct(id, { correction: null });
  expect(await stored()).toEqual([{ body: 'as it was', correction: null, who: null, revision: 3 }]);
});

test.each([
  ['17', { correction: 'not base64!' }, 400, 'payload: received'],
  ['17', { correction: Buffer.alloc(1024 * 1024 + 1).toString('base64') }, 400, 'at most 1048576 bytes'],
  ['17', {}, 400, 'body.correction'],
  ['x', { correction: '' }, 400, 'id: received "x"; allowed: the number of a quarantined record'],
  ['999999', { correction: '' }, 404, 'The task ParkingHistory has no quarantined record 999999.'],
])('the correction of %s with %p is refused', async (id, body, status, message) => {
  const answer = await correct(id, body);

  expect([answer.status, answer.body['error_msg']]).toEqual([status, expect.stringContaining(message)]);
});
