import {
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  CreateThingTypeCommand,
  DeleteCertificateCommand,
  DeleteThingCommand,
  IoTClient,
  ListThingsCommand,
  UpdateCertificateCommand,
  UpdateThingCommand,
} from '@aws-sdk/client-iot';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { createIotRegistry } from '../../local/iot/iot-registry.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { refused } from './refused.ts';

let aws: Endpoint;
let iot: IoTClient;

beforeAll(async () => {
  aws = await endpoint({ iot: createIotRegistry });
  iot = new IoTClient(aws.client);
  await iot.send(new CreateThingTypeCommand({ thingTypeName: 'Sensor' }));
});

afterAll(async () => {
  iot?.destroy();
  await aws?.stop();
});

const numbered = (count: number, value = '1') =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, value]));
const create = (thingName: string, attributes: Record<string, string> = {}, thingTypeName?: string) =>
  refused(
    iot.send(
      new CreateThingCommand({
        thingName,
        attributePayload: { attributes },
        ...(thingTypeName === undefined ? {} : { thingTypeName }),
      }),
    ),
  );

test('a thing name has at most 128 characters', async () => {
  expect((await create('n'.repeat(128))).name).toBe('none');
  expect((await create('n'.repeat(129))).name).toBe('InvalidRequestException');
});

test('a thing has at most 3 attributes without a thing type, 50 with one, each within its size', async () => {
  expect((await create('plain', numbered(3))).name).toBe('none');
  expect(await create('plain-4', numbered(4))).toEqual({
    name: 'InvalidRequestException',
    message: 'a thing without a thing type has at most 3 attributes, not 4',
  });
  expect((await create('typed', numbered(50), 'Sensor')).name).toBe('none');
  expect((await create('typed-51', numbered(51), 'Sensor')).name).toBe('InvalidRequestException');
  expect((await create('value', { a: 'v'.repeat(801) })).name).toBe('InvalidRequestException');
  expect((await create('name', { ['n'.repeat(129)]: 'v' })).name).toBe('InvalidRequestException');
  // The longest names and values there may be make 46,400 bytes, so that 47 KB cannot be reached.
  expect((await create('full', longest(50), 'Sensor')).name).toBe('none');
});

test('a thing type has at most 3 searchable attributes, and a list at most 250 things a page', async () => {
  const type = new CreateThingTypeCommand({
    thingTypeName: 'Searchable',
    thingTypeProperties: { searchableAttributes: ['a', 'b', 'c', 'd'] },
  });

  expect((await refused(iot.send(type))).name).toBe('InvalidRequestException');
  expect((await refused(iot.send(new ListThingsCommand({ maxResults: 251 })))).name).toBe('InvalidRequestException');
});

test('things are created, changed and deleted at most a hundred times a second each', async () => {
  const now = Date.now() + 10_000;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  const throttled = async (call: (thingName: string) => Promise<unknown>) => {
    const answers = await Promise.all(Array.from({ length: 103 }, (_, n) => refused(call(`burst-${n}`))));
    return answers.filter(({ name, message }) => name === 'ThrottlingException' && message === 'Rate exceeded').length;
  };

  const counts = [
    await throttled((thingName) => iot.send(new CreateThingCommand({ thingName }))),
    await throttled((thingName) => iot.send(new UpdateThingCommand({ thingName }))),
    await throttled((thingName) => iot.send(new DeleteThingCommand({ thingName }))),
  ];
  clock.mockRestore();

  expect(counts).toEqual([3, 3, 3]);
});

test('certificates are made, changed and deleted at most ten times a second each', async () => {
  const now = Date.now() + 20_000;
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now);
  const certificateId = 'a'.repeat(64);
  const throttled = async (call: () => Promise<unknown>) => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => refused(call())));
    return answers.filter(({ name }) => name === 'ThrottlingException').length;
  };

  const counts = [
    await throttled(() => iot.send(new CreateKeysAndCertificateCommand({ setAsActive: true }))),
    await throttled(() => iot.send(new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }))),
    await throttled(() => iot.send(new DeleteCertificateCommand({ certificateId }))),
  ];
  clock.mockRestore();

  expect(counts).toEqual([2, 2, 2]);
});

function longest(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`.padEnd(128, 'n'), 'v'.repeat(800)]));
}
