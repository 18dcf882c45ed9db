import { beforeAll, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import type { TopicTask } from '../../core/fdi/topic-task.ts';
import type { MigrationDefinitions } from '../../core/platform/migration.ts';
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

test('it is three stacks, each knowing only those before it', () => {
  const app = testApp();
  parking(app);
  const assembly = app.synth();

  const dependencies = assembly.stacks.map(({ id, dependencies: before }) => [
    id,
    before.filter((artifact) => !artifact.id.endsWith('.assets')).map((artifact) => artifact.id),
  ]);

  expect(Object.fromEntries(dependencies)).toEqual({
    CausewayAccount: [],
    CausewayPlatform: ['CausewayAccount'],
    CausewayParking: ['CausewayPlatform'],
  });
});

test('ten sensors are registered from the start, in two zones', () => {
  const devices = Object.values(template.findResources('Custom::CausewayDevices')).find(
    ({ Properties }) => Properties.Product === 'ParkingSensor',
  );
  const declared = devices?.['Properties'].Devices as { device: string; tags: string[] }[];

  expect(declared.map(({ device }) => device)).toEqual([
    'S-001',
    'S-002',
    'S-003',
    'S-004',
    'S-005',
    'S-006',
    'S-007',
    'S-008',
    'S-009',
    'S-010',
  ]);
  expect(new Set(declared.flatMap(({ tags }) => tags))).toEqual(new Set(['north', 'south']));
});

test('the tasks are started; one keeps the state, stale events lose; another keeps every message', () => {
  template.allResourcesProperties('Custom::CausewayTask', { Started: true, BatchSize: 1000 });

  expect(definitionsOf<TopicTask>(stack, 'ParkingDataConsumer').target).toEqual({
    table: 'ParkingData',
    write: 'upsert',
    keys: ['DeviceId'],
    eventTimeColumn: 'EventTime',
    batchNumberColumn: 'BatchNo',
  });
  expect(definitionsOf<TopicTask>(stack, 'ParkingHistoryConsumer').target).toEqual({
    table: 'ParkingHistory',
    write: 'insert',
    keys: [],
    eventTimeColumn: 'EventTime',
    batchNumberColumn: 'BatchNo',
  });
});

test('the number of free spaces is asked as the reference system asks', () => {
  const { apis } = definitionsOf<ApiDefinitions>(stack, 'ParkingAuthorize');
  const free = apis.find(({ path }) => path === '/parking/free');

  expect(free).toMatchObject({
    app: 'ParkingOwner',
    method: 'GET',
    auth: 'app',
    appCode: true,
    backend: { returnObject: 'default', sql: 'SELECT COUNT(Status) AS FreeNo FROM ParkingData WHERE Status="0"' },
  });
});

test('the authorizer and what answers are told the same', () => {
  expect(definitionsOf(stack, 'ParkingDataFunction')).toEqual(definitionsOf(stack, 'ParkingAuthorize'));
});

test('the dashboard may see one space and the zones, not the number of free ones and no plates', () => {
  template.resourceCountIs('Custom::CausewayGrants', 2);
  template.hasResourceProperties('Custom::CausewayGrants', { Api: 'SpacesByZone', Apps: ['CityDashboard'] });
  template.hasResourceProperties('Custom::CausewayGrants', { Api: 'Space', Apps: ['CityDashboard'] });
});

test('the APIs may read their tables and change none', () => {
  expect(definitionsOf<MigrationDefinitions>(stack, 'TablesMigrate').grants).toEqual([
    { user: 'causeway_api', table: 'ParkingData', rights: ['SELECT'] },
    { user: 'causeway_api', table: 'ParkingHistory', rights: ['SELECT'] },
    { user: 'causeway_api', table: 'ParkingGateEvent', rights: ['SELECT'] },
    { user: 'causeway_api', table: 'ParkingTariff', rights: ['SELECT'] },
    { user: 'causeway_api', table: 'ParkingSpaceZone', rights: ['SELECT'] },
  ]);
});

test('every column with text names its collation through its table', () => {
  const { migrations } = definitionsOf<MigrationDefinitions>(stack, 'TablesMigrate');
  const sql = migrations.map((migration) => migration.sql).join();

  expect(sql.match(/CREATE TABLE/g)).toHaveLength(5);
  expect(sql.match(/CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;/g)).toHaveLength(5);
});

test('outputs come with the owner and the sensors first', () => {
  expect(Object.keys(template.findOutputs('*'))).toEqual([
    'CausewayAppParkingOwner',
    'CausewayAppCityDashboard',
    'CausewayDevicesParkingSensor',
    'CausewayApiParking',
    'CausewayDevicesParkingGate',
  ]);
});

test('what holds data keeps its logical ids, and the product its id', () => {
  const ids = ['AWS::Kinesis::Stream', 'AWS::SecretsManager::Secret'].flatMap((type) =>
    Object.keys(template.findResources(type)),
  );

  expect(ids).toEqual([
    'ParkingEventsStreamB2A52F58',
    'GatesGateEventsStream0D22ECB9',
    'ParkingOwnerSecret8C534B8A',
    'CityDashboardSecretABBE9F5E',
    'ParkingSensorSecret319D9C0D',
    'GatesParkingGateSecret9EE6AED6',
  ]);
  template.hasResourceProperties('AWS::IoT::ThingType', { ThingTypeName: 'p1dd9f8dd224' });
});

test('its API is found under its name', () => {
  template.hasResourceProperties('AWS::ApiGateway::RestApi', { Name: 'Parking', BinaryMediaTypes: ['*/*'] });
  template.hasResourceProperties('AWS::ApiGateway::Stage', { StageName: 'RELEASE' });
  template.hasResourceProperties('AWS::ApiGateway::Method', {
    HttpMethod: 'ANY',
    AuthorizationType: 'NONE',
    Integration: Match.objectLike({ Type: 'AWS_PROXY' }),
  });
});
