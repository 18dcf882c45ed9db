import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { handler } from '../../../functions/apic/provision-app.ts';
import { appTable } from '../../../functions/shared/tables.ts';
import { awsEndpoint } from '../shared/aws-endpoint.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { dynamoTables } from '../shared/dynamo-tables.ts';
import { logLines } from '../shared/log-lines.ts';
import { secretStore } from '../shared/secret-store.ts';

const log = logLines();
const aws = awsEndpoint();
dynamoTables();

const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:causeway/app/City';
const PROPERTIES = { App: 'City', SecretArn: SECRET };
let secrets: Map<string, string>;
let cloudFormation: CloudFormation;

beforeEach(async () => {
  secrets = new Map([[SECRET, 'random text of Secrets Manager']]);
  secretStore(aws, secrets);
  cloudFormation = new CloudFormation();
  await cloudFormation.start();
});

afterEach(async () => {
  await cloudFormation.stop();
});

function send(type: 'Create' | 'Update' | 'Delete', more: Record<string, unknown> = {}) {
  return cloudFormation.send(handler, cloudFormation.event(type, PROPERTIES, more));
}

function credentials() {
  return JSON.parse(secrets.get(SECRET) ?? '{}') as { key: string; secret: string; appCodes: string[] };
}

function itemOfKey(key: string) {
  return appTable().get({ pk: `key#${key}`, sk: 'app' });
}

test('a new app gets its credentials, and neither answer nor log holds secret or code', async () => {
  const answer = await send('Create');

  const { key, secret, appCodes } = credentials();
  expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: `City/${key}`, Data: {} });
  expect(await itemOfKey(key)).toMatchObject({ app: 'City', key, secretArn: SECRET, enabled: true });
  for (const hidden of [secret, appCodes[0] as string]) {
    expect(JSON.stringify([answer, await itemOfKey(key)]) + log.text()).not.toContain(hidden);
  }
});

test('an event delivered again, and an update, change no credentials', async () => {
  const first = await send('Create');
  const before = credentials();

  const again = await send('Create');
  const update = await send('Update', { PhysicalResourceId: first['PhysicalResourceId'] });

  expect(credentials()).toEqual(before);
  expect([again['PhysicalResourceId'], update['PhysicalResourceId']]).toEqual(
    Array(2).fill(first['PhysicalResourceId']),
  );
});

test('another secret is another app: CloudFormation is told to remove the old one', async () => {
  const first = await send('Create');
  const other = `${SECRET}2`;
  secrets.set(other, 'random text');

  const answer = await cloudFormation.send(
    handler,
    cloudFormation.event(
      'Update',
      { App: 'City', SecretArn: other },
      { PhysicalResourceId: first['PhysicalResourceId'] },
    ),
  );

  expect(answer['Status']).toBe('SUCCESS');
  expect(answer['PhysicalResourceId']).not.toBe(first['PhysicalResourceId']);
});

test('a removed app is known no longer, even when its secret is gone already', async () => {
  const { PhysicalResourceId } = await send('Create');
  const { key, appCodes } = credentials();
  secrets.clear();

  const answer = await send('Delete', { PhysicalResourceId });

  expect(answer['Status']).toBe('SUCCESS');
  expect(await itemOfKey(key)).toBeUndefined();
  const { sha256Hex } = await import('../../../core/apic/canonical-request.ts');
  expect(await appTable().get({ pk: `code#${sha256Hex(appCodes[0] as string)}`, sk: 'app' })).toBeUndefined();
});

test('a creation that failed half way is undone by what its secret holds', async () => {
  await send('Create');
  const { key } = credentials();

  const answer = await send('Delete', { PhysicalResourceId: 'failed-create:Devices-0123456789ab' });

  expect(answer['Status']).toBe('SUCCESS');
  expect(await itemOfKey(key)).toBeUndefined();
});

test('a creation that failed at its secret does not stand in the way of the roll-back', async () => {
  secrets.clear();

  expect(await send('Create')).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining("can't find the specified secret"),
  });
  expect(await send('Delete', { PhysicalResourceId: 'failed-create:Devices-0123456789ab' })).toMatchObject({
    Status: 'SUCCESS',
  });
});
