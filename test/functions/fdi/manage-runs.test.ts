import { beforeEach, expect, test } from '@jest/globals';
import { runManagement } from '../../../functions/fdi/manage-runs.ts';
import type { RecordTrialReply } from '../../../functions/shared/runs/record-trial.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';

logLines();
let asked: (readonly [functionArn: string, question: object])[];
let reply: RecordTrialReply;
const entry = { app: 'Owner', topic: '', table: 'topic Orders' };
const handler = runManagement(() => ({
  entries: {
    find: async (name) =>
      name === 'Out'
        ? { ...entry, name, functionArn: 'arn:run', mode: 'scheduled' }
        : name === 'History'
          ? { ...entry, name, functionArn: 'arn:consumer' }
          : undefined,
  },
  session: () => Promise.reject(new Error('no database is needed')),
  tell: () => Promise.reject(new Error('nothing is run')),
  ask: async (functionArn, question) => {
    asked.push([functionArn, question]);

    return reply;
  },
}));
const dryRun = (body: object, task = 'Out') =>
  callManagement(handler, { method: 'POST', resource: '/tasks/{task}/dry-runs', path: { task }, body });

beforeEach(() => {
  asked = [];
  reply = { answer: { task: 'Out', target: 'topic Orders', mappingVersion: 'm', records: [] } };
});

test('the task’s own function shows what would become of records; three rows unless it is said', async () => {
  expect(await dryRun({})).toMatchObject({ status: 200, body: { target: 'topic Orders', records: [] } });
  await dryRun({ rows: 7 });
  await dryRun({ records: [{ Id: 1 }] });

  expect(asked).toEqual([
    ['arn:run', { tryRecords: { rows: 3 } }],
    ['arn:run', { tryRecords: { rows: 7 } }],
    ['arn:run', { tryRecords: { records: [{ Id: 1 }] } }],
  ]);
});

test('a refusal of the function arrives as one', async () => {
  reply = { refusal: { code: 'CAUSEWAY.0412', message: 'no such column' } };

  expect(await dryRun({})).toMatchObject({ status: 412, body: { error_msg: 'no such column' } });
});

test.each([
  [{ rows: 0 }, 'Out', 400, 'body.rows'],
  [{ records: [] }, 'Out', 400, 'body.records'],
  [{ all: true }, 'Out', 400, 'all is not known here'],
  [{}, 'Nobody', 404, 'There is no task "Nobody".'],
  [{}, 'History', 412, 'History is no scheduled task'],
])('%j of %s is refused', async (body, task, status, message) => {
  expect(await dryRun(body, task)).toMatchObject({ status, body: { error_msg: expect.stringContaining(message) } });
  expect(asked).toEqual([]);
});
