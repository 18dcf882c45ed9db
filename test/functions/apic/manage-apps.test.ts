import { beforeEach, expect, test } from '@jest/globals';
import { appSecretId } from '../../../core/apic/app-credentials.ts';
import { sha256Hex } from '../../../core/apic/canonical-request.ts';
import { handler as manageApps } from '../../../functions/apic/manage-apps.ts';
import { addGrant, findApp, findKeyOfCode, hasGrant } from '../../../functions/shared/app-items.ts';
import { catalogTable } from '../../../functions/shared/tables.ts';
import { hasTopicGrant, putTopicGrant } from '../../../functions/shared/topic-grant-items.ts';
import { awsEndpoint, awsError } from '../shared/aws-endpoint.ts';
import { dynamoTables } from '../shared/dynamo-tables.ts';
import { logLines } from '../shared/log-lines.ts';
import { type Call, callManagement } from '../shared/management-call.ts';

const aws = awsEndpoint();
dynamoTables();
const log = logLines();
const secrets = new Map<string, string>();
const FREE = { group: 'Parking', api: 'free', stage: 'RELEASE' };
const OWNER = { key: 'OWNERKEY', secret: 'own-secret', appCodes: ['code-of-the-owner'] };

beforeEach(async () => {
  process.env['APP_SECRET_FOLDER'] = 'causeway/test/app/run-time';
  secrets.clear();
  secrets.set('arn:owner', JSON.stringify(OWNER));
  aws.reply = ({ operation, body }) => {
    if (operation === 'CreateSecret') {
      secrets.set(`arn:${body.Name}`, body.SecretString);

      return { body: { ARN: `arn:${body.Name}` } };
    }
    if (!secrets.has(body.SecretId)) return awsError('ResourceNotFoundException', 'no such secret');
    if (operation === 'PutSecretValue') secrets.set(body.SecretId, body.SecretString);
    if (operation === 'DeleteSecret') secrets.delete(body.SecretId);

    return { body: { ARN: body.SecretId, SecretString: secrets.get(body.SecretId) } };
  };
  const catalog = catalogTable();
  for (const { name } of await catalog.queryAll({ kind: 'app' })) await catalog.delete({ kind: 'app', name });
  await catalog.put({ kind: 'app', name: 'Owner', document: { secretArn: 'arn:owner' } });
  await catalog.put({
    ...{ kind: 'api', name: 'Parking/free' },
    document: { group: 'Parking', stage: 'RELEASE', app: 'Owner', auth: 'app' },
  });
});

const call = (request: Call) => callManagement(manageApps, request);
const create = (app: string) => call({ method: 'POST', resource: '/apps', body: { app } });
const of = (resource: string, path: Record<string, string>, method = 'GET') => call({ method, resource, path });

test('an app made at run time has credentials that count at once, told once and logged never', async () => {
  const { status, body } = await create('City');
  const { key, secret, appCodes } = body as unknown as typeof OWNER;

  expect(status).toBe(201);
  expect(await findApp(key)).toMatchObject({ app: 'City', enabled: true });
  expect(await findKeyOfCode(sha256Hex(appCodes[0] as string))).toBe(key);
  const shown = await of('/apps/{app}', { app: 'City' });
  expect(shown.body).toEqual({ app: 'City', key, appCodes: 1, origin: 'run-time', grants: [], topics: [] });
  const list = await call({ resource: '/apps' });
  expect(list.body['items']).toEqual([
    { app: 'City', key, appCodes: 1, origin: 'run-time' },
    { app: 'Owner', key: 'OWNERKEY', appCodes: 1, origin: 'stack' },
  ]);
  expect(JSON.stringify([shown.body, list.body]) + log.text()).not.toContain(secret);
  expect(log.text()).not.toContain(appCodes[0]);
});

test.each([
  ['Owner', 409],
  ['no spaces', 400],
  ['ab', 400],
])('no app can be made that is named %s', async (app, status) => {
  expect(await create(app)).toMatchObject({ status });
  expect([...secrets.keys()]).toEqual(['arn:owner']);
});

test('a deleted app cannot call, and another of its name begins without its grants', async () => {
  const { key, appCodes } = (await create('City')).body as unknown as typeof OWNER;
  await of('/apps/{app}/grants/{group}/{api}', { app: 'City', group: 'Parking', api: 'free' }, 'POST');
  await catalogTable().put({ kind: 'topic', name: 'Events', document: { app: 'Owner' } });
  await putTopicGrant('run-time', 'Events', 'City', 'publish', 'an operator');
  expect(await hasGrant(FREE, 'City')).toBe(true);
  expect((await of('/apps/{app}', { app: 'City' })).body['topics']).toMatchObject([
    { topic: 'Events', permission: 'publish' },
  ]);

  expect(await of('/apps/{app}', { app: 'City' }, 'DELETE')).toMatchObject({ status: 200 });

  expect(await findApp(key)).toBeUndefined();
  expect(await findKeyOfCode(sha256Hex(appCodes[0] as string))).toBeUndefined();
  expect([...secrets.keys()]).toEqual(['arn:owner']);
  expect(await hasGrant(FREE, 'City')).toBe(false);
  expect(await hasTopicGrant('Events', 'City', 'publish')).toBe(false);
  expect(await create('City')).toMatchObject({ status: 201 });
});

test('an app of a stack is not deleted at run time, and the reason says what to do', async () => {
  expect(await of('/apps/{app}', { app: 'Owner' }, 'DELETE')).toMatchObject({
    status: 412,
    body: { error_msg: expect.stringContaining('remove it there and deploy') },
  });
  expect(secrets.has('arn:owner')).toBe(true);
});

test('a grant given at run time counts at once; the one of a stack stays when it is taken back', async () => {
  await create('City');
  const grant = { app: 'City', group: 'Parking', api: 'free' };
  await addGrant(FREE, 'City');
  const given = await of('/apps/{app}/grants/{group}/{api}', grant, 'POST');
  expect(given.body).toEqual({ ...grant, stage: 'RELEASE', by: ['stack', 'run-time'] });

  const revoked = await of('/apps/{app}/grants/{group}/{api}', grant, 'DELETE');
  const again = await of('/apps/{app}/grants/{group}/{api}', grant, 'DELETE');

  expect(revoked.body).toEqual({ ...grant, stage: 'RELEASE', by: ['stack'] });
  expect(again).toMatchObject({ status: 412, body: { error_msg: expect.stringContaining('A stack grants City') } });
  expect(await hasGrant(FREE, 'City')).toBe(true);
});

test('an app has up to five AppCodes; each is told with an id and taken away by it, also from a declared app', async () => {
  const own = `${'a'.repeat(30)}+_!@#$%/=9`;
  const path = { app: 'Owner' };
  const brought = await call({ method: 'POST', resource: '/apps/{app}/app-codes', path, body: { code: own } });
  for (let n = 0; n < 3; n++) await of('/apps/{app}/app-codes', path, 'POST');

  expect(brought).toMatchObject({ status: 201, body: { app: 'Owner', code: own } });
  expect(await of('/apps/{app}/app-codes', path, 'POST')).toMatchObject({ status: 412 });
  const id = String(brought.body['id']);
  expect((await of('/apps/{app}/credentials', path)).body['appCodeIds']).toContain(id);
  expect(await findKeyOfCode(sha256Hex(own))).toBe('OWNERKEY');
  expect(await of('/apps/{app}/app-codes/{id}', { ...path, id }, 'DELETE')).toMatchObject({ status: 200 });
  expect(await findKeyOfCode(sha256Hex(own))).toBeUndefined();
  expect(await of('/apps/{app}/app-codes/{id}', { ...path, id }, 'DELETE')).toMatchObject({ status: 404 });
  expect(log.text()).not.toContain(own);
});

test('a code that another app has is refused, and one that breaks the rules is not repeated', async () => {
  const { appCodes } = (await create('City')).body as unknown as typeof OWNER;
  const add = (code: string) =>
    call({ method: 'POST', resource: '/apps/{app}/app-codes', path: { app: 'Owner' }, body: { code } });

  expect(await add(appCodes[0] as string)).toMatchObject({ status: 409 });
  const bad = await add('9-not-a-code');
  expect(bad).toMatchObject({ status: 400, body: { error_msg: expect.stringContaining('32 to 180 letters, digits') } });
  expect(JSON.stringify(bad.body)).not.toContain('9-not-a-code');
});

const secretIn = (arn: string) => JSON.parse(secrets.get(arn) ?? '{}');
const remove = (app: string, id: string) => of('/apps/{app}/secrets/{id}', { app, id }, 'DELETE');
const add = (app: string) => of('/apps/{app}/secrets', { app }, 'POST');

test('a second secret counts beside the first, and stays when the first is removed, also for a declared app', async () => {
  const added = await add('Owner');
  const { secret, id } = added.body as { secret: string; id: string };
  expect(added).toMatchObject({ status: 201, body: { app: 'Owner', id: appSecretId(secret) } });
  expect(secretIn('arn:owner')).toEqual({ ...OWNER, nextSecret: secret, revision: expect.any(Number) });
  expect(await findApp('OWNERKEY')).toMatchObject({ revision: secretIn('arn:owner').revision });
  const { revision } = secretIn('arn:owner');
  const told = await of('/apps/{app}/credentials', { app: 'Owner' });
  expect(told.body).toMatchObject({ secret: OWNER.secret, secretIds: [appSecretId(OWNER.secret), id] });
  expect(JSON.stringify(told.body)).not.toContain(secret);

  expect(await remove('Owner', appSecretId(OWNER.secret))).toMatchObject({ status: 200, body: { secretIds: [id] } });

  expect(secretIn('arn:owner')).toEqual({ ...OWNER, secret, revision: expect.any(Number) });
  expect(secretIn('arn:owner').revision).toBeGreaterThan(revision);
  expect(await findApp('OWNERKEY')).toMatchObject({ revision: secretIn('arn:owner').revision });
  expect(log.text()).not.toContain(secret);
});

test('the second secret may be the one that is removed', async () => {
  const { id } = (await add('Owner')).body as { id: string };

  expect(await remove('Owner', id.slice(0, 8))).toMatchObject({ status: 200, body: { id } });
  expect(secretIn('arn:owner')).toEqual({ ...OWNER, revision: expect.any(Number) });
});

test('there are never three secrets, and never none', async () => {
  expect(await remove('Owner', appSecretId(OWNER.secret))).toMatchObject({
    status: 412,
    body: { error_msg: expect.stringContaining('the only secret') },
  });
  await add('Owner');
  expect(await add('Owner')).toMatchObject({ status: 412, body: { error_msg: expect.stringContaining('2 secrets') } });
  expect(secretIn('arn:owner')).toMatchObject({ secret: OWNER.secret });
});

test.each([
  ['feed', 404],
  ['', 404],
])('a secret with the id %j is none of the app', async (id, status) => {
  await add('Owner');

  expect(await remove('Owner', id)).toMatchObject({ status });
});

test('whoever adds a secret while somebody else does is not told one that does not count', async () => {
  const reply = aws.reply;
  aws.reply = (request) => {
    const answer = reply(request);
    if (request.operation === 'PutSecretValue') {
      secrets.set('arn:owner', JSON.stringify({ ...OWNER, nextSecret: 'of-somebody-else', revision: 7 }));
    }

    return answer;
  };

  expect(await add('Owner')).toMatchObject({
    status: 409,
    body: { error_msg: expect.stringContaining('same moment') },
  });
});

test('an AppCode that comes or goes leaves both secrets alone', async () => {
  const { secret } = (await add('Owner')).body as { secret: string };
  const { id } = (await of('/apps/{app}/app-codes', { app: 'Owner' }, 'POST')).body as { id: string };
  await of('/apps/{app}/app-codes/{id}', { app: 'Owner', id }, 'DELETE');

  expect(secretIn('arn:owner')).toEqual({ ...OWNER, nextSecret: secret, revision: expect.any(Number) });
});

test('an app whose deployment is not finished has no credentials yet', async () => {
  secrets.set('arn:late', 'random text of a new secret');
  await catalogTable().put({ kind: 'app', name: 'Late', document: { secretArn: 'arn:late' } });

  expect(await of('/apps/{app}/credentials', { app: 'Late' })).toMatchObject({ status: 412 });
  expect((await of('/apps/{app}', { app: 'Late' })).body).toMatchObject({ key: '', appCodes: 0 });
});

test.each([
  ['GET', '/apps/{app}'],
  ['DELETE', '/apps/{app}'],
  ['GET', '/apps/{app}/credentials'],
  ['POST', '/apps/{app}/app-codes'],
  ['POST', '/apps/{app}/secrets'],
  ['DELETE', '/apps/{app}/secrets/{id}'],
  ['POST', '/apps/{app}/grants/{group}/{api}'],
])('%s %s of an app there is not is not found', async (method, resource) => {
  expect(await of(resource, { app: 'nobody', group: 'Parking', api: 'free' }, method)).toMatchObject({
    status: 404,
    body: { error_msg: 'There is no app nobody.' },
  });
});
