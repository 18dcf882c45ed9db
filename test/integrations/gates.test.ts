import { beforeAll, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import parking from '../../integrations/parking/index.ts';
import { definitionsOf, testApp } from '../lib/sandbox.ts';

let stack: Stack;
let template: Template;

beforeAll(() => {
  const app = testApp();
  parking(app);
  stack = app.node.findChild('CausewayParking') as Stack;
  template = Template.fromStack(stack);
});

test('an entry and an exit are registered from the start', () => {
  const gates = Object.values(template.findResources('Custom::CausewayDevices')).find(
    ({ Properties }) => Properties.Product === 'ParkingGate',
  );

  expect(gates?.['Properties'].Devices.map(({ device }: { device: string }) => device)).toEqual(['G-IN', 'G-OUT']);
});

test('a passage is one row however often and in whatever order it is reported', () => {
  const { source, target, delivery } = definitionsOf<TopicTask>(stack, 'GatesParkingGateEventsConsumer');

  expect(target).toEqual({
    table: 'ParkingGateEvent',
    write: 'upsert',
    keys: ['Plate', 'PassedAt', 'Direction'],
    eventTimeColumn: 'ReceivedAt',
    batchNumberColumn: 'BatchNo',
  });
  expect(source).toMatchObject({ topic: 'GateEvents', deviceInfo: true, timeZone: 'UTC' });
  expect(delivery).toBe('effectively-once');
});

test('the task of the gates is started', () => {
  template.hasResourceProperties('Custom::CausewayTask', { Task: 'ParkingGateEvents', Started: true });
});

test('what holds plates is signed by its owner; only the zones take a code', () => {
  const { apis } = definitionsOf<ApiDefinitions>(stack, 'ParkingAuthorize');
  const added = apis.filter(({ name }) => ['CurrentFee', 'Visits', 'SpacesByZone'].includes(name));

  expect(added.map(({ name, app, auth, appCode, path }) => [name, app, auth, appCode, path])).toEqual([
    ['CurrentFee', 'ParkingOwner', 'app', false, '/parking/fee'],
    ['Visits', 'ParkingOwner', 'app', false, '/parking/visits'],
    ['SpacesByZone', 'ParkingOwner', 'app', true, '/parking/zones'],
  ]);
});
