import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { InvalidSetting, Refusal } from '../../../core/errors.ts';
import {
  booleanProperty,
  type CustomResource,
  customResource,
  numberProperty,
} from '../../../functions/shared/custom-resource.ts';
import { CloudFormation } from './cloud-formation.ts';
import { logLines } from './log-lines.ts';

const log = logLines();
let cloudFormation: CloudFormation;

beforeEach(async () => {
  cloudFormation = new CloudFormation();
  await cloudFormation.start();
});

afterEach(async () => {
  await cloudFormation.stop();
});

function resourceWith(part: Partial<CustomResource<Record<string, string>>>) {
  const silent = { create: async () => ({}), update: async () => ({}), delete: async () => {} };

  return customResource<Record<string, string>>({ ...silent, ...part }, { pauseMs: 0 });
}

test('a created resource is answered with its id and data, by PUT and without a content type', async () => {
  const handler = resourceWith({
    create: async ({ properties }) => ({
      physicalId: 'sensors',
      data: { Count: String(Object.keys(properties).length) },
    }),
  });

  const answer = await cloudFormation.send(handler, cloudFormation.event('Create', { A: '1', B: 'true' }));

  expect(answer).toEqual({
    Status: 'SUCCESS',
    Reason: 'done',
    PhysicalResourceId: 'sensors',
    Data: { Count: '2' },
    StackId: expect.stringContaining('stack/Parking/'),
    RequestId: '7f2d1c90-8a1e-4a55-9a5e-1d2b3c4d5e6f',
    LogicalResourceId: 'Devices',
  });
  expect(cloudFormation.received).toMatchObject([{ method: 'PUT', contentType: '' }]);
});

test('an id is proposed that is the same for a second delivery and another in another stack', async () => {
  const proposed: string[] = [];
  const handler = resourceWith({
    create: async ({ physicalId }) => {
      proposed.push(physicalId);
      return {};
    },
  });
  const event = cloudFormation.event('Create', {});

  const answer = await cloudFormation.send(handler, event);
  await cloudFormation.send(handler, event);
  await cloudFormation.send(handler, { ...event, StackId: 'arn:aws:cloudformation:us-east-1:0:stack/Other/1' });

  expect(proposed[0]).toMatch(/^Devices-[0-9a-f]{12}$/);
  expect(proposed[1]).toBe(proposed[0]);
  expect(proposed[2]).not.toBe(proposed[0]);
  expect(answer['PhysicalResourceId']).toBe(proposed[0]);
});

test('an update sees old and new properties, without CloudFormation’s own, and keeps its id', async () => {
  const seen: unknown[] = [];
  const handler = resourceWith({
    update: async (request) => {
      seen.push(request.properties, request.oldProperties);
      return {};
    },
  });
  const event = cloudFormation.event(
    'Update',
    { A: '2', ServiceTimeout: '300' },
    { OldResourceProperties: { A: '1' } },
  );

  const answer = await cloudFormation.send(handler, event);

  expect(seen).toEqual([{ A: '2' }, { A: '1' }]);
  expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'Devices-0123456789ab' });
});

test.each([
  [
    new Refusal('CAUSEWAY.0409', { message: 'The device S-001 is registered already.' }),
    'The device S-001 is registered already.',
  ],
  [new InvalidSetting('name', '', '2 to 64 characters'), 'name: received ""; allowed: 2 to 64 characters'],
  [new TypeError('x is not a function'), 'TypeError: x is not a function'],
])('a failure says why: %s', async (error, reason) => {
  const handler = resourceWith({ update: () => Promise.reject(error) });

  const answer = await cloudFormation.send(handler, cloudFormation.event('Update', {}));

  expect(answer).toMatchObject({ Status: 'FAILED', Reason: reason, PhysicalResourceId: 'Devices-0123456789ab' });
  expect(log.all()).toContainEqual(expect.objectContaining({ level: 'ERROR', message: 'custom resource failed' }));
});

test('the presigned address, which is a credential, is in no log line', async () => {
  cloudFormation.statuses.push(403, 403, 403, 403);

  await expect(cloudFormation.send(resourceWith({}), cloudFormation.event('Create', {}))).rejects.toThrow('status 403');
  await cloudFormation.send(
    resourceWith({ create: () => Promise.reject(new TypeError('no')) }),
    cloudFormation.event('Create', {}),
  );

  expect(log.text()).toContain('custom resource failed');
  expect(log.text()).not.toContain('presigned-credential');
});

test('an answer that was not taken is sent again', async () => {
  cloudFormation.statuses.push(503, 500);

  const answer = await cloudFormation.send(resourceWith({}), cloudFormation.event('Create', {}));

  expect(answer['Status']).toBe('SUCCESS');
  expect(cloudFormation.received).toHaveLength(3);
});

test('what failed to be created can be deleted, even when its properties make no sense', async () => {
  const refuse = () => Promise.reject(new InvalidSetting('Devices', undefined, 'a list'));
  const handler = resourceWith({ create: refuse, delete: refuse });
  const created = await cloudFormation.send(handler, cloudFormation.event('Create', {}));

  const deleted = await cloudFormation.send(
    handler,
    cloudFormation.event('Delete', {}, { PhysicalResourceId: created['PhysicalResourceId'] }),
  );

  expect(created['Status']).toBe('FAILED');
  expect(deleted).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: created['PhysicalResourceId'] });
});

test('what failed half way is deleted under the id it was created with', async () => {
  const ids: string[] = [];
  const handler = resourceWith({
    create: async ({ physicalId }) => {
      ids.push(physicalId);
      throw new TypeError('half way');
    },
    delete: async ({ physicalId }) => {
      ids.push(physicalId);
    },
  });
  const created = await cloudFormation.send(handler, cloudFormation.event('Create', {}));

  await cloudFormation.send(
    handler,
    cloudFormation.event('Delete', {}, { PhysicalResourceId: created['PhysicalResourceId'] }),
  );

  expect(ids[1]).toBe(ids[0]);
});

test.each(['Devices-0123456789ab', 'failed-create:Devices-0123456789ab'])(
  'a deletion of %s that fails for another reason is reported',
  async (PhysicalResourceId) => {
    const handler = resourceWith({ delete: () => Promise.reject(new TypeError('table is away')) });

    const answer = await cloudFormation.send(handler, cloudFormation.event('Delete', {}, { PhysicalResourceId }));

    expect(answer).toMatchObject({ Status: 'FAILED', Reason: 'TypeError: table is away', PhysicalResourceId });
  },
);

test('a refusal to delete what was created is reported too', async () => {
  const handler = resourceWith({ delete: () => Promise.reject(new Refusal('CAUSEWAY.0412')) });

  expect(await cloudFormation.send(handler, cloudFormation.event('Delete', {}))).toMatchObject({ Status: 'FAILED' });
});

test('work that does not end is answered before the function’s time is over', async () => {
  const handler = resourceWith({ create: () => new Promise(() => {}) });

  const answer = await cloudFormation.send(handler, cloudFormation.event('Create', {}), () => 40);

  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('OutOfTime') });
});

test('the work is told its time without the answer’s share', async () => {
  let told = 0;
  const handler = resourceWith({
    create: async ({ remainingMs }) => {
      told = remainingMs();
      return {};
    },
  });

  await cloudFormation.send(handler, cloudFormation.event('Create', {}), () => 60_000);

  expect(told).toBe(55_000);
});

test('an answer stays within 4,096 bytes, whatever the error says', async () => {
  const handler = resourceWith({ create: () => Promise.reject(new RangeError('é'.repeat(10_000))) });

  const answer = await cloudFormation.send(handler, cloudFormation.event('Create', {}));

  expect(answer['Reason']).toMatch(/^RangeError: é+…$/);
  expect(cloudFormation.received[0]?.bytes).toBeLessThanOrEqual(4096);
});

test('data that CloudFormation would not read is a failure that says so', async () => {
  const handler = resourceWith({ create: async () => ({ data: { Text: 'x'.repeat(5000) } }) });

  const answer = await cloudFormation.send(handler, cloudFormation.event('Create', {}));

  expect(answer).toMatchObject({ Status: 'FAILED', Reason: expect.stringMatching(/data has \d+ bytes/) });
});

test.each([
  ['true', true],
  [true, true],
  ['false', false],
  [false, false],
])('the property %j is the boolean %s', (text, value) => {
  expect(booleanProperty('Started', text)).toBe(value);
});

test.each(['TRUE', '1', '', undefined, null, 1])('the property %j is no boolean', (text) => {
  expect(() => booleanProperty('Started', text)).toThrow('Started: received');
});

test.each([
  ['10', 10],
  ['-1.5', -1.5],
  [0, 0],
])('the property %j is the number %s', (text, value) => {
  expect(numberProperty('BatchSize', text)).toBe(value);
});

test.each(['', ' ', 'ten', undefined, true, 'Infinity'])('the property %j is no number', (text) => {
  expect(() => numberProperty('BatchSize', text)).toThrow('BatchSize: received');
});
