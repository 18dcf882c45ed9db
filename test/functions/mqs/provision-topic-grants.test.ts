import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { handler as manage, manageTopicGrants } from '../../../functions/mqs/manage-topic-grants.ts';
import { handler } from '../../../functions/mqs/provision-topic-grants.ts';
import { catalogTable } from '../../../functions/shared/tables.ts';
import { hasTopicGrant } from '../../../functions/shared/topic-grant-items.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { dynamoTables } from '../shared/dynamo-tables.ts';
import { logLines } from '../shared/log-lines.ts';
import { type Call, callManagement } from '../shared/management-call.ts';

logLines();
dynamoTables();

let cloudFormation: CloudFormation;

beforeEach(async () => {
  cloudFormation = new CloudFormation();
  await cloudFormation.start();
  const catalog = catalogTable();
  await catalog.put({ kind: 'app', name: 'City', document: {} });
  await catalog.put({ kind: 'topic', name: 'Events', document: { app: 'Owner', permission: 'publish+subscribe' } });
});

afterEach(async () => {
  await cloudFormation.stop();
});

const grant = (App: string, Permission: string) => ({ App, Permission });
const send = (type: 'Create' | 'Update' | 'Delete', Grants: object[], before: object[] = []) =>
  cloudFormation.send(
    handler,
    cloudFormation.event(
      type,
      { Topic: 'Events', Grants },
      type === 'Update' ? { OldResourceProperties: { Topic: 'Events', Grants: before } } : {},
    ),
  );
const rights = async (app: string) =>
  Promise.all([hasTopicGrant('Events', app, 'publish'), hasTopicGrant('Events', app, 'subscribe')]);
const call = (request: Call) => callManagement(manage, request);

test('grants follow what the stack declares; those given at run time stay', async () => {
  const created = await send('Create', [grant('A', 'publish'), grant('City', 'publish')]);
  expect(created).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Events' });
  expect([await rights('A'), await rights('B')]).toEqual([
    [true, false],
    [false, false],
  ]);
  const path = { topic: 'Events', app: 'City' };
  const resource = '/topics/{topic}/grants/{app}';
  expect(await call({ method: 'POST', resource, path, body: { permission: 'subscribe' } })).toMatchObject({
    status: 200,
    body: { permission: 'publish+subscribe', stack: 'publish', runTime: 'subscribe' },
  });

  await send('Update', [grant('B', 'publish+subscribe')], [grant('A', 'publish'), grant('City', 'publish')]);
  expect([await rights('A'), await rights('B'), await rights('City')]).toEqual([
    [false, false],
    [true, true],
    [false, true],
  ]);
  expect((await call({ resource: '/topics/{topic}/grants', path: { topic: 'Events' } })).body).toEqual({
    ...{ topic: 'Events', owner: 'Owner', permission: 'publish+subscribe' },
    items: [
      { topic: 'Events', app: 'B', permission: 'publish+subscribe', stack: 'publish+subscribe', runTime: null },
      { topic: 'Events', app: 'City', permission: 'subscribe', stack: null, runTime: 'subscribe' },
    ],
  });

  await send('Delete', [grant('B', 'publish+subscribe')]);
  expect(await call({ method: 'DELETE', resource, path })).toMatchObject({ status: 200, body: { permission: null } });
  expect([await rights('B'), await rights('City')]).toEqual([
    [false, false],
    [false, false],
  ]);
});

test.each([
  [{ method: 'POST', path: { topic: 'No', app: 'City' }, body: { permission: 'publish' } }, 404],
  [{ method: 'POST', path: { topic: 'Events', app: 'Owner' }, body: { permission: 'publish' } }, 412],
  [{ method: 'POST', path: { topic: 'Events', app: 'City' }, body: { permission: 'all' } }, 400],
  [{ method: 'DELETE', path: { topic: 'Events', app: 'City' }, query: { permission: 'both' } }, 400],
  [{ method: 'DELETE', path: { topic: 'Events', app: 'City' } }, 404],
])('%j is refused', async (request, status) => {
  expect(await call({ resource: '/topics/{topic}/grants/{app}', ...request })).toMatchObject({ status });
});

test('a platform without tables answers 500 and says nothing of why', async () => {
  const broken = manageTopicGrants(() => {
    throw new RangeError('no table');
  });

  expect(await callManagement(broken, { resource: '/topics/{topic}/grants' })).toMatchObject({ status: 500 });
});
