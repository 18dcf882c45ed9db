import {
  DeleteConnectionCommand,
  GetRetainedMessageCommand,
  IoTDataPlaneClient,
  PublishCommand,
} from '@aws-sdk/client-iot-data-plane';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { MqttEngine } from '../../local/engines.ts';
import { createIotRegistry } from '../../local/iot/iot-registry.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

const connected = new Set<string>();
const published: { readonly topic: string; readonly payload: string; readonly qos: number }[] = [];
let aws: Endpoint;
let iot: IoTDataPlaneClient;

beforeAll(async () => {
  const broker = {
    start: async () => {},
    stop: async () => {},
    disconnect: async (id: string) => connected.delete(id),
    publish: async (topic: string, payload: Buffer, qos: number) => {
      published.push({ topic, payload: payload.toString(), qos });
    },
  };
  aws = await endpoint({ iot: createIotRegistry, mqtt: () => broker as unknown as MqttEngine });
  iot = new IoTDataPlaneClient(aws.client);
});

beforeEach(() => {
  published.length = 0;
  connected.clear();
  connected.add('d1').add('a b/c');
});

afterAll(async () => {
  iot.destroy();
  await aws.stop();
});

test.each(['d1', 'a b/c'])(
  'the connection of %j is cut off, with the right to do so for this client',
  async (clientId) => {
    await iot.send(new DeleteConnectionCommand({ clientId }));

    expect(connected.has(clientId)).toBe(false);
    expect(connected.size).toBe(1);
    expect(aws.asked.at(-1)).toEqual({
      action: 'iot:DeleteConnection',
      resource: `arn:aws:iot:us-east-1:000000000000:client/${clientId}`,
    });
  },
);

test('a client that is not connected is not found', async () => {
  await expect(iot.send(new DeleteConnectionCommand({ clientId: 'd2' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    $metadata: { httpStatusCode: 404 },
  });
});

test('whoever may not cut off does not', async () => {
  aws.denied.add('iot:DeleteConnection');

  await expect(iot.send(new DeleteConnectionCommand({ clientId: 'd1' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
  aws.denied.clear();

  expect(connected.has('d1')).toBe(true);
});

test.each([{ cleanSession: true }, { preventWillMessage: true }])('%j is refused, not left out', async (option) => {
  await expect(iot.send(new DeleteConnectionCommand({ clientId: 'd1', ...option }))).rejects.toMatchObject({
    name: 'InvalidRequestException',
  });
  expect(connected.has('d1')).toBe(true);
});

test.each([
  ['p1/in/S-001', 1],
  ['/v1/devices/d1/command', 0],
] as const)('a message to %s with QoS %i is published, with the right to do so for this topic', async (topic, qos) => {
  await iot.send(new PublishCommand({ topic, qos, payload: Buffer.from('{"ä":1}') }));

  expect(published).toEqual([{ topic, payload: '{"ä":1}', qos }]);
  expect(aws.asked.at(-1)).toEqual({
    action: 'iot:Publish',
    resource: `arn:aws:iot:us-east-1:000000000000:topic/${topic}`,
  });
});

test.each([
  [{ topic: 'p1/in/+' }, 'InvalidRequestException'],
  [{ topic: 't', retain: true }, 'InvalidRequestException'],
  [{ topic: 't', responseTopic: 'r' }, 'InvalidRequestException'],
  [{ topic: 't', correlationData: 'Yw==' }, 'InvalidRequestException'],
  [{ topic: 't', payload: Buffer.alloc(128 * 1024 + 1) }, 'RequestEntityTooLargeException'],
])('a publish of %j is refused as %s', async (input, name) => {
  await expect(iot.send(new PublishCommand(input))).rejects.toMatchObject({ name });
  expect(published).toEqual([]);
});

test('other operations of the data plane are refused by name', async () => {
  await expect(iot.send(new GetRetainedMessageCommand({ topic: 't' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
  });
});
