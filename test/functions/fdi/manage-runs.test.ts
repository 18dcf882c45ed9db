import { beforeEach, expect, test } from '@jest/globals';
import type { SourceCheck } from '../../../core/fdi/source-check.ts';
import type { TaskSource } from '../../../core/fdi/task-source.ts';
import { runManagement } from '../../../functions/fdi/manage-runs.ts';
import type { RecordTrialReply } from '../../../functions/shared/runs/record-trial.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';

logLines();
let asked: (readonly [functionArn: string, question: object])[];
let reply: RecordTrialReply;
let told: unknown[];
const target: TaskSource = {
  usedBy: 'Out',
  tester: { functionArn: 'arn:run', task: 'Out', side: 'target' },
};
const check: SourceCheck = {
  ...{ user: '', what: 'writes Orders', milliseconds: 1, ok: false, kind: 'iam' },
  ...{ problem: "the task's function may not do it", advice: 'deploy' },
};
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
  tell: async (functionArn, event) => void told.push([functionArn, event]),
  proofs: {
    find: async (name) => (name === 'Out.target' ? target : undefined),
    note: async () => undefined,
    ask: async () => ({ checks: [check] }),
    now: () => new Date(),
  },
  ask: async (functionArn, question) => {
    asked.push([functionArn, question]);

    return reply;
  },
}));
const dryRun = (body: object, task = 'Out') =>
  callManagement(handler, { method: 'POST', resource: '/tasks/{task}/dry-runs', path: { task }, body });

beforeEach(() => {
  told = [];
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

test('a task whose target fails its test is not run, unless somebody insists', async () => {
  const run = (body?: object) =>
    callManagement(handler, { method: 'POST', resource: '/tasks/{task}/run', path: { task: 'Out' }, body });

  expect(await run()).toMatchObject({
    ...{
      status: 412,
      body: { error_msg: expect.stringContaining('Out is not run. Out.target did not pass its test') },
    },
  });
  expect(told).toEqual([]);
  expect(await run({ force: true })).toMatchObject({ status: 200, body: { asked: true } });
  expect(told).toEqual([['arn:run', { once: 'arn:aws:iam::123456789012:user/operator', asked: expect.any(String) }]]);
});
