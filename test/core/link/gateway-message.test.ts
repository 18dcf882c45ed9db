import { beforeEach, describe, expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { type GatewayPorts, handleGatewayMessage } from '../../../core/link/gateway-message.ts';
import { CommandStore, deviceOf, presenceOf, START } from './command-store.ts';

const GATEWAY = 'd-GW';
const idOf = (deviceId: string, productId = 'p2222') => clientIdOf({ environment: 'test', productId, deviceId });
const SENSOR = {
  product: 'Sensor',
  productId: 'p2222',
  app: 'parking',
  manufacturerId: 'acme',
  manufacturerName: 'Acme',
  model: 'S1',
};
const METER = {
  product: 'Meter',
  productId: 'p3333',
  app: 'parking',
  manufacturerId: 'acme',
  manufacturerName: 'Acme',
  model: 'M1',
};
const PRODUCTS = [
  SENSOR,
  METER,
  {
    product: 'Box',
    productId: 'p4444',
    app: 'parking',
    manufacturerId: 'acme',
    manufacturerName: 'Acme',
    model: 'B1',
    type: 'gateway' as const,
  },
  { product: 'Alien', productId: 'p5555', app: 'other', manufacturerId: 'acme', manufacturerName: 'Acme', model: 'A1' },
];
let store: CommandStore;
let ports: GatewayPorts;
let rules: Awaited<ReturnType<GatewayPorts['rules']>>;
let things: string[];

beforeEach(() => {
  store = new CommandStore();
  things = [];
  rules = [{ rule: 'ToTopic', productId: 'p2222', device: '+' }];
  store.keep(deviceOf('GW', { nodeType: 'gateway', presence: presenceOf(true) }));
  ports = {
    ...store.ports,
    environment: 'test',
    products: async () => PRODUCTS,
    rules: async () => rules,
    servicesOf: async (productId) => (productId === 'p3333' ? 2 : 1),
    addThing: async ({ clientId }) => void things.push(clientId),
    addDevice: async (device) => {
      const free = !store.devices.has(device.clientId);
      if (free) {
        store.keep(device);
      }

      return free;
    },
    savePresence: async ({ clientId }, presence) => {
      store.keep({ ...(store.devices.get(clientId) as DeviceRecord), presence });

      return true;
    },
    behind: async (gateway) =>
      [...store.devices.values()].flatMap((device) => (device.gateway === gateway ? [device.clientId] : [])),
  };
});

const say = (what: string, message: unknown, at = START) =>
  handleGatewayMessage(ports, {
    clientId: GATEWAY,
    topic: `/v1/devices/${GATEWAY}/${what}`,
    payload: typeof message === 'string' ? message : JSON.stringify(message),
    at,
  });
const answers = () => store.published.filter(({ topic }) => topic.includes('Response'));
/** The first answer. */
const answer = () => answers()[0]?.payload as { readonly statusCode: number; readonly data: { statusDesc: string }[] };
const add = (...infos: readonly object[]) =>
  say('topo/add', { mid: 7, deviceInfos: infos.map((info) => ({ manufacturerId: 'acme', model: 'S1', ...info })) });
const behind = (deviceId: string, more: Partial<DeviceRecord> = {}) =>
  store.keep(
    deviceOf(deviceId, {
      ...{ clientId: idOf(deviceId), productId: 'p2222', product: 'Sensor', nodeType: 'sub-device', gateway: GATEWAY },
      ...more,
    }),
  );

describe('topo/add', () => {
  test('registers a device behind the gateway, and answers what the gateway has to know, also when it asks again', async () => {
    await add({ nodeId: 'S-1', name: 'north' });
    await add({ nodeId: 'S-1', name: 'north' });

    const info = {
      deviceId: idOf('S-1'),
      nodeId: 'S-1',
      name: 'north',
      description: '',
      manufacturerId: 'acme',
      model: 'S1',
    };
    const said = {
      mid: 7,
      statusCode: 0,
      statusDesc: '',
      data: [{ statusCode: 0, statusDesc: '', deviceInfo: info }],
    };
    expect(answers()).toEqual([
      { topic: `/v1/devices/${GATEWAY}/topo/addResponse`, payload: said },
      { topic: `/v1/devices/${GATEWAY}/topo/addResponse`, payload: said },
    ]);
    expect(store.devices.get(idOf('S-1'))).toMatchObject({
      nodeType: 'sub-device',
      gateway: GATEWAY,
      passwordHash: '',
    });
    expect(things).toEqual([idOf('S-1')]);
  });

  test.each([
    [{ nodeId: 'S-1', model: 'X' }, 'no product of the manufacturer acme and the model X'],
    [{ nodeId: 'S-1', model: 'B1' }, 'a product of gateways'],
    [{ nodeId: 'S-1', model: 'A1' }, 'no product'],
    [{ nodeId: 'S/1' }, 'physical id'],
    [{ name: 'no id' }, 'nodeId'],
  ])('%j is refused with the reason, and the others are added', async (info, reason) => {
    const outcome = await add({ nodeId: 'S-2' }, info);

    const { statusCode, data } = answer();
    expect(statusCode).toBe(1);
    expect(data[1]?.statusDesc).toContain(reason);
    expect(outcome).toMatchObject({ done: 1, refused: [{ reason: data[1]?.statusDesc }] });
    expect(things).toEqual([idOf('S-2')]);
  });

  test('takes no device over: not one of another gateway, nor one that stands for itself', async () => {
    behind('S-1', { gateway: 'd-other' });
    const alone = behind('S-2');
    const { gateway: _, nodeType: __, ...itself } = alone;
    store.keep(itself);

    await add({ nodeId: 'S-1' }, { nodeId: 'S-2' });

    const { data } = answer();
    expect(data.map(({ statusDesc }) => statusDesc)).toEqual([
      expect.stringContaining('behind another gateway'),
      expect.stringContaining('stands for itself'),
    ]);
    expect(store.devices.get(idOf('S-1'))?.gateway).toBe('d-other');
  });
});

describe('topo/update', () => {
  const update = (deviceId: string, status: string, at = START) =>
    say('topo/update', { mid: 9, deviceStatuses: [{ deviceId, status }] }, at);

  test('says who is there; the latest word counts, in whatever order it comes', async () => {
    behind('S-1');

    await update(idOf('S-1'), 'ONLINE', START + 2);
    await update(idOf('S-1'), 'OFFLINE', START + 1);
    expect(store.devices.get(idOf('S-1'))?.presence).toMatchObject({ online: true, at: START + 2 });
    await update(idOf('S-1'), 'OFFLINE', START + 3);

    expect(store.devices.get(idOf('S-1'))?.presence).toMatchObject({ online: false, at: START + 3 });
    expect(answers()[0]?.payload).toEqual({
      mid: 9,
      statusCode: 0,
      statusDesc: '',
      data: [{ deviceId: idOf('S-1'), statusCode: 0 }],
    });
  });

  test('of a gateway that has gone since leaves nobody online', async () => {
    behind('S-1');
    store.keep(deviceOf('GW', { nodeType: 'gateway', presence: presenceOf(false, 'one', START + 5) }));

    await update(idOf('S-1'), 'ONLINE', START);

    expect(store.devices.get(idOf('S-1'))?.presence).toMatchObject({ online: false, reason: 'GATEWAY_OFFLINE' });
  });

  test('of a device that is not behind it changes nothing', async () => {
    behind('S-1', { gateway: 'd-other' });

    const outcome = await update(idOf('S-1'), 'ONLINE');

    expect(outcome.refused).toEqual([{ device: idOf('S-1'), reason: 'not behind this gateway' }]);
    expect(store.devices.get(idOf('S-1'))?.presence).toBeUndefined();
    expect(answers()[0]?.payload).toMatchObject({ statusCode: 1 });
  });
});

test('topo/query answers the devices behind the gateway, all or one', async () => {
  behind('S-1');
  behind('S-2');
  behind('S-3', { gateway: 'd-other' });

  await say('topo/query', { mid: 2 });
  await say('topo/query', { mid: 3, nodeId: 'S-2' });

  expect(answers()[0]?.payload).toMatchObject({ mid: 2, count: '2', data: [{ nodeId: 'S-1' }, { nodeId: 'S-2' }] });
  expect(answers()[1]?.payload).toMatchObject({
    ...{ mid: 3, statusCode: 0, count: '1' },
    data: [{ nodeId: 'S-2', deviceId: idOf('S-2'), manufacturerId: 'acme', model: 'S1' }],
  });
});

describe('datas', () => {
  const report = (...devices: readonly object[]) => say('datas', { devices });

  test('goes to the rule of the device’s own product, with its gateway and its time, in order', async () => {
    behind('S-1');
    const services = [
      { serviceId: 'Status', data: { status: '1' }, eventTime: '20261124T100000Z' },
      { serviceId: 'Status', data: { status: '0' } },
    ];

    expect(await report({ deviceId: idOf('S-1'), services })).toMatchObject({ kind: 'datas', done: 2, refused: [] });

    expect(store.published).toEqual([
      { topic: `$aws/rules/ToTopic/p2222/out/S-1/${GATEWAY}/20261124T100000Z`, payload: { status: '1' } },
      { topic: `$aws/rules/ToTopic/p2222/out/S-1/${GATEWAY}`, payload: { status: '0' } },
    ]);
  });

  test('is by service where the model has several', async () => {
    rules = [{ rule: 'Meters', productId: 'p3333', device: 'M-1' }];
    behind('M-1', { clientId: idOf('M-1', 'p3333'), productId: 'p3333' });

    await report({ deviceId: idOf('M-1', 'p3333'), services: [{ serviceId: 'Power', data: { watt: 5 } }] });

    expect(store.published).toEqual([
      { topic: `$aws/rules/Meters/p3333/out/M-1/${GATEWAY}`, payload: { Power: { watt: 5 } } },
    ]);
  });

  test.each([
    ['a device of another gateway', { gateway: 'd-other' }, 'not behind this gateway'],
    ['a device that stands for itself', { gateway: undefined, nodeType: undefined }, 'not behind this gateway'],
    ['a device that is disabled', { enabled: false }, 'disabled'],
  ])('a gateway does not speak for %s; what it says of its own still counts', async (_, more, reason) => {
    behind('S-1');
    behind('S-2', more as Partial<DeviceRecord>);
    const services = [{ serviceId: 'Status', data: { status: '1' } }];

    const outcome = await report({ deviceId: idOf('S-2'), services }, { deviceId: idOf('S-1'), services });

    expect(outcome).toMatchObject({ done: 1, refused: [{ device: idOf('S-2'), reason }] });
    expect(store.published).toHaveLength(1);
  });

  test.each(['{', '[]', '{"devices":{}}', '"x"'])('%s is refused as a whole', async (payload) => {
    expect(await say('datas', payload)).toMatchObject({ done: 0, refused: [{ device: '' }] });
  });

  test('what would be more than a level of a topic is no time', async () => {
    behind('S-1');

    await report({ deviceId: idOf('S-1'), services: [{ serviceId: 'S', data: {}, eventTime: '../+/#' }] });

    expect(store.published[0]?.topic).toBe(`$aws/rules/ToTopic/p2222/out/S-1/${GATEWAY}`);
  });

  test('that no rule forwards is counted, as when the device said it itself', async () => {
    rules = [];
    behind('S-1');

    expect(await report({ deviceId: idOf('S-1'), services: [{ serviceId: 'S', data: {} }] })).toMatchObject({
      ...{ done: 0, unheard: 1, refused: [] },
    });
  });

  test('that cannot be published is handled again', async () => {
    behind('S-1');
    store.onPublish = () => Promise.reject(new TypeError('throttled'));

    await expect(report({ deviceId: idOf('S-1'), services: [{ serviceId: 'S', data: {} }] })).rejects.toThrow(
      'throttled',
    );
  });
});

test.each([
  ['topo/add', { mid: 1, deviceInfos: [] }],
  ['topo/add', { mid: 1 }],
  ['topo/update', { mid: 1, deviceStatuses: [{ deviceId: 'd', status: 'AWAY' }] }],
  ['topo/query', { mid: 'x' }],
])('%s of %j is refused, and answered where it has a mid', async (what, message) => {
  const outcome = await say(what, message);

  expect(outcome.refused).toHaveLength(1);
  expect(answers().map(({ payload }) => payload['statusCode'])).toEqual(message.mid === 1 ? [1] : []);
});

test('a device that is no gateway, and one of another environment, are not heard', async () => {
  store.keep(deviceOf('GW'));
  expect(await say('topo/query', { mid: 1 })).toMatchObject({ kind: 'unknown' });
  store.devices.clear();
  expect(await say('datas', { devices: [] })).toMatchObject({ kind: 'unknown' });
  expect(store.published).toEqual([]);
});
