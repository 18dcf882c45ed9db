import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EntryKey, ProvisionCatalogPorts, StoredEntry } from '../../../core/platform/provision-catalog.ts';
import { catalogResource } from '../../../functions/platform/provision-catalog.ts';
import { CloudFormation } from '../shared/cloud-formation.ts';
import { logLines } from '../shared/log-lines.ts';

logLines();
let cloudFormation: CloudFormation;
let stored: Map<string, StoredEntry>;

beforeEach(async () => {
  cloudFormation = new CloudFormation();
  stored = new Map();
  await cloudFormation.start();
});

afterEach(async () => {
  await cloudFormation.stop();
});

const keyOf = ({ kind, name }: EntryKey) => `${kind}/${name}`;

const ports: ProvisionCatalogPorts = {
  find: async (key) => stored.get(keyOf(key)),
  add: async (entry) => !stored.has(keyOf(entry)) && Boolean(stored.set(keyOf(entry), entry)),
  change: async (key, entry) => void stored.set(keyOf(key), { ...key, ...entry }),
  remove: async (key) => void stored.delete(keyOf(key)),
  now: () => 1_000_000,
};

function send(
  type: 'Create' | 'Update' | 'Delete',
  entries: readonly object[],
  {
    before = entries,
    logicalId = 'Catalog',
    id,
  }: { before?: readonly object[]; logicalId?: string; id?: unknown } = {},
) {
  const more = { OldResourceProperties: { Entries: before }, ...(id === undefined ? {} : { PhysicalResourceId: id }) };
  const event = cloudFormation.event(type, { Entries: entries }, more);

  return cloudFormation.send(
    catalogResource(() => ports),
    { ...event, LogicalResourceId: logicalId },
  );
}

const TASK = {
  kind: 'task',
  name: 'ParkingHistory',
  document: { app: 'parking', topic: 'ParkingEvents', table: 'ParkingHistory', started: 'true' },
};

test('entries are stored with their owner, and booleans that CloudFormation turned into text are booleans again', async () => {
  const api = {
    kind: 'api',
    name: 'Parking/free',
    document: { appCode: 'false', parameters: [{ name: 'zone', required: 'true', default: 'true' }] },
  };

  const answer = await send('Create', [TASK, api]);

  expect(answer).toMatchObject({ Status: 'SUCCESS' });
  expect(stored.get('task/ParkingHistory')).toEqual({
    ...TASK,
    document: { ...TASK.document, started: true },
    owner: answer['PhysicalResourceId'],
  });
  expect(stored.get('api/Parking/free')?.document).toEqual({
    appCode: false,
    parameters: [{ name: 'zone', required: true, default: 'true' }],
  });
});

test('a document written as JSON text keeps all its types', async () => {
  await send('Create', [{ kind: 'topic', name: 'ParkingEvents', document: '{"stream":"s","partitions":3}' }]);

  expect(stored.get('topic/ParkingEvents')?.document).toEqual({ stream: 's', partitions: 3 });
});

test('an event that is delivered twice changes nothing', async () => {
  await send('Create', [TASK]);
  const before = structuredClone([...stored]);

  expect(await send('Create', [TASK])).toMatchObject({ Status: 'SUCCESS' });
  expect([...stored]).toEqual(before);
});

test('an update changes and removes what was declared, and leaves what was written at run time', async () => {
  const rule = { kind: 'rule', name: 'Sensors', document: { base64: 'false' } };
  const { PhysicalResourceId: id } = await send('Create', [TASK, rule]);
  const task = stored.get('task/ParkingHistory') as StoredEntry;
  stored.set('task/ParkingHistory', { ...task, document: { ...task.document, eventSource: 'uuid-1' } });
  const { topic: _, ...declared } = TASK.document;
  const changed = { ...TASK, document: { ...declared, table: 'History' } };

  await send('Update', [changed], { before: [TASK, rule], id });

  expect([...stored.keys()]).toEqual(['task/ParkingHistory']);
  expect(stored.get('task/ParkingHistory')?.document).toEqual({
    app: 'parking',
    table: 'History',
    started: true,
    eventSource: 'uuid-1',
  });
});

test('a deletion removes the entries, and succeeds when they are gone', async () => {
  const { PhysicalResourceId: id } = await send('Create', [TASK]);

  expect(await send('Delete', [TASK], { id })).toMatchObject({ Status: 'SUCCESS' });
  expect(stored.size).toBe(0);
  expect(await send('Delete', [TASK], { id })).toMatchObject({ Status: 'SUCCESS' });
});

test('an entry of another stack is neither taken over nor removed', async () => {
  await send('Create', [TASK]);

  const answer = await send('Create', [TASK], { logicalId: 'Other' });
  await send('Delete', [TASK], { id: answer['PhysicalResourceId'], logicalId: 'Other' });

  expect(answer).toMatchObject({
    Status: 'FAILED',
    Reason: expect.stringContaining('There is a task named ParkingHistory already, declared by Catalog-'),
  });
  expect(stored.size).toBe(1);
});

test.each([
  [[{ kind: 'thing', name: 'x', document: {} }], 'catalogue: kind: received "thing"'],
  [[{ kind: 'task', name: '', document: {} }], 'catalogue: name of a task'],
  [
    [{ kind: 'task', name: 'x', document: '[]' }],
    'catalogue: document of task x: received "[]"; allowed: a JSON object',
  ],
  [[{ kind: 'task', name: 'x', document: '{' }], 'allowed: a JSON object'],
  [[TASK, TASK], 'each kind and name only once'],
])('%j is refused: %s', async (entries, reason) => {
  expect(await send('Create', entries)).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining(reason) });
  expect(stored.size).toBe(0);
});

test('a stack that declares nothing is fine', async () => {
  const event = cloudFormation.event('Create', {});

  expect(
    await cloudFormation.send(
      catalogResource(() => ports),
      event,
    ),
  ).toMatchObject({ Status: 'SUCCESS' });
});

test('of a thing model the versions before are kept, with the time from which the next one counts', async () => {
  const model = (version: string) => ({
    ...{ kind: 'model', name: 'p1' },
    document: JSON.stringify({ product: 'Sensor', enforcement: 'enforce', version, thingModel: {} }),
  });
  const { PhysicalResourceId: id } = (await send('Create', [model('v1')])) as { PhysicalResourceId: string };
  await send('Update', [model('v2')], { before: [model('v1')], id });
  const after = stored.get('model/p1');
  await send('Update', [model('v2')], { before: [model('v2')], id });

  expect(after?.document).toMatchObject({
    version: 'v2',
    from: 1_035_000,
    history: [{ version: 'v1', enforcement: 'enforce', thingModel: {} }],
  });
  expect(stored.get('model/p1')).toEqual(after);
});
