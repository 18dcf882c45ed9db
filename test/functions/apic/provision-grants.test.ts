import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { handler } from '../../../functions/apic/provision-grants.ts';
import { giveGrant, hasGrant } from '../../../functions/shared/app-items.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { dynamoTables } from '../shared/dynamo-tables.ts';
import { logLines } from '../shared/log-lines.ts';

logLines();
dynamoTables();

const API = { Group: 'Parking', Api: 'free', Stage: 'RELEASE' };
let cloudFormation: CloudFormation;

beforeEach(async () => {
  cloudFormation = new CloudFormation();
  await cloudFormation.start();
});

afterEach(async () => {
  await cloudFormation.stop();
});

function send(type: 'Create' | 'Update' | 'Delete', properties: Record<string, unknown>, more = {}) {
  return cloudFormation.send(handler, cloudFormation.event(type, { ...API, ...properties }, more));
}

async function granted(...apps: string[]): Promise<boolean[]> {
  return Promise.all(apps.map((app) => hasGrant({ group: 'Parking', api: 'free', stage: 'RELEASE' }, app)));
}

test('grants follow what the stack declares', async () => {
  const created = await send('Create', { Apps: ['A', 'B'] });
  expect(created).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Parking/free/RELEASE' });
  expect(await granted('A', 'B', 'C')).toEqual([true, true, false]);

  await send('Update', { Apps: ['B', 'C'] }, { OldResourceProperties: { ...API, Apps: ['A', 'B'] } });
  expect(await granted('A', 'B', 'C')).toEqual([false, true, true]);

  await send('Delete', { Apps: ['B', 'C'] });
  expect(await granted('A', 'B', 'C')).toEqual([false, false, false]);
});

test('what was granted at run time is not the stack’s: neither another deployment nor its removal takes it away', async () => {
  const api = { group: 'Parking', api: 'free', stage: 'RELEASE' };
  await send('Create', { Apps: ['E', 'F'] });
  await giveGrant(api, 'E', 'an operator');
  await giveGrant(api, 'G', 'an operator');

  await send('Update', { Apps: ['F'] }, { OldResourceProperties: { ...API, Apps: ['E', 'F'] } });
  expect(await granted('E', 'F', 'G')).toEqual([true, true, true]);

  await send('Delete', { Apps: ['F'] });
  expect(await granted('E', 'F', 'G')).toEqual([true, false, true]);
});

test('another API is another resource: the grants on the old one stay until CloudFormation removes it', async () => {
  await send('Create', { Apps: ['D'] });

  const answer = await send('Update', { Api: 'fees', Apps: ['D'] }, { OldResourceProperties: { ...API, Apps: ['D'] } });

  expect(answer['PhysicalResourceId']).toBe('Parking/fees/RELEASE');
  expect(await granted('D')).toEqual([true]);
});
