import { beforeEach, describe, expect, test } from '@jest/globals';
import { recordResponse } from '../../../core/link/command-response.ts';
import { deliverToListener, deliverWaiting } from '../../../core/link/deliver-commands.ts';
import type { DeviceRecord } from '../../../core/link/device.ts';
import { type CommandRequest, sendCommand } from '../../../core/link/send-command.ts';
import { checkThingModel, property, service } from '../../../core/link/thing-model.ts';
import { CommandStore, deviceOf, presenceOf, START } from './command-store.ts';

const MODEL = checkThingModel('test', {
  Barrier: service({
    commands: { open: { parameters: { seconds: property.integer() }, response: { opened: property.boolean() } } },
  }),
});
const REQUEST = { service: 'Barrier', command: 'open', params: { seconds: 5 }, mode: 'sync', by: 'operator' } as const;
const LISTENING = { session: 'one', at: START - 1000 };
const CONNECTED = { presence: presenceOf(true), listening: LISTENING };
let store: CommandStore;

beforeEach(() => {
  store = new CommandStore();
});

const send = (device: DeviceRecord, request: Partial<CommandRequest> = {}) =>
  sendCommand(store.ports, { device, model: MODEL }, { ...REQUEST, ...request });

const respond = (message: object, clientId = 'd-S1', topic = `/v1/devices/${clientId}/commandResponse`) =>
  recordResponse(store.ports, { clientId, topic, payload: JSON.stringify({ msgType: 'deviceRsp', ...message }) });

/** The device answers as soon as the command reaches it. */
function answering(answer: object = { errcode: 0, body: { opened: true } }): void {
  store.onPublish = (_, { mid }) => respond({ mid, ...answer });
}

describe('a command whose caller waits', () => {
  test('goes to the in topic as the reference writes it, and answers what the device says', async () => {
    answering();

    const view = await send(store.keep(deviceOf('S1', CONNECTED)));

    expect(store.published).toEqual([
      {
        topic: 'p1111/in/S1',
        payload: {
          msgType: 'cloudReq',
          mid: view.id,
          cmd: 'open',
          paras: { seconds: 5 },
          serviceId: 'Barrier',
          deviceId: 'd-S1',
        },
      },
    ]);
    expect(view).toMatchObject({ status: 'answered', errcode: 0, response: { opened: true }, by: 'operator' });
    expect(store.pending.size).toBe(0);
  });

  test('ends after five seconds when no answer comes, and says how the device stands', async () => {
    const device = store.keep(deviceOf('S1', CONNECTED));

    await expect(send(device)).rejects.toMatchObject({
      code: 'CAUSEWAY.0504',
      message: expect.stringMatching(/within 5 s\. The device is online since .*It listens to p1111\/in\/S1/),
    });
    expect(store.time).toBe(START + 5000);
    expect(store.only().status).toBe('timed-out');
  });

  test('is told when the device is online and has never subscribed', async () => {
    const device = store.keep(deviceOf('S1', { presence: presenceOf(true) }));

    await expect(send(device)).rejects.toThrow('It has not subscribed to p1111/in/S1 since it connected.');
  });

  test('that was answered at the very end is answered, and one that came later is not believed', async () => {
    const device = store.keep(deviceOf('S1', CONNECTED));
    const outcomes: unknown[] = [];
    store.onPause = async () => {
      if (store.time >= START + 4999) {
        outcomes.push(await respond({ mid: store.only().mid, errcode: 0, body: { opened: true } }));
      }
    };

    await expect(send(device)).rejects.toMatchObject({ code: 'CAUSEWAY.0504' });
    expect(outcomes).toEqual([expect.objectContaining({ believed: false, reason: 'too late' })]);
    expect(store.only()).toMatchObject({ status: 'timed-out' });
    expect(store.only().body).toBeUndefined();
  });

  test('is refused at once for a device that is offline, with what to do', async () => {
    const never = send(store.keep(deviceOf('S1')));
    const offline = send(store.keep(deviceOf('S2', { presence: presenceOf(false) })));

    await expect(never).rejects.toThrow(/has never been connected.*--async/);
    await expect(offline).rejects.toMatchObject({ code: 'CAUSEWAY.0412', message: expect.stringContaining('offline') });
    expect(store.commands.size).toBe(0);
  });

  test('is refused for a device that is disabled, whoever waits or not', async () => {
    const device = store.keep(deviceOf('S1', { ...CONNECTED, enabled: false }));

    await expect(send(device)).rejects.toThrow('is disabled');
    await expect(send(device, { mode: 'async' })).rejects.toThrow('is disabled');
  });

  test('fails when AWS IoT does not take it, and is not tried again', async () => {
    store.onPublish = async () => {
      throw new TypeError('away');
    };

    const view = await send(store.keep(deviceOf('S1', CONNECTED)));

    expect(view).toMatchObject({ status: 'failed', reason: 'AWS IoT did not take it' });
    expect(store.published).toHaveLength(1);
    expect(store.failures).toHaveLength(1);
  });

  test.each([
    [{ errcode: 7 }, 'the device answered errcode 7'],
    [{ errcode: 0, body: { opened: 'yes' } }, 'its answer breaks the model: $.opened (type)'],
    [{ errcode: 0 }, 'its answer breaks the model: $'],
  ])('fails when the device answers %j', async (answer, reason) => {
    answering(answer);

    const view = await send(store.keep(deviceOf('S1', CONNECTED)));

    expect(view.status).toBe('failed');
    expect(view.reason).toContain(reason);
  });
});

describe('a command that waits for its device', () => {
  test('is sent when the device subscribes to the topic of its commands, once', async () => {
    const device = store.keep(deviceOf('S1'));
    const subscribed = (topics: readonly string[]) =>
      deliverToListener(store.ports, { clientId: 'd-S1', sessionIdentifier: 'one', timestamp: START, topics });

    expect(await send(device, { mode: 'async' })).toMatchObject({ status: 'pending' });
    expect(await subscribed(['p1111/in/other'])).toBe(0);
    expect(await subscribed(['p1111/in/S1'])).toBe(1);
    expect(await subscribed(['p1111/in/S1'])).toBe(0);
    expect(store.published).toHaveLength(1);
    expect(store.only()).toMatchObject({ status: 'sent', answerBy: START + 60_000 });
  });

  test('is sent at once to a device that listens', async () => {
    expect(await send(store.keep(deviceOf('S1', CONNECTED)), { mode: 'async', timeout: 10 })).toMatchObject({
      status: 'sent',
      answerBy: new Date(START + 10_000).toISOString(),
    });
  });

  test('expires, and is not sent then', async () => {
    await send(store.keep(deviceOf('S1')), { mode: 'async', expiresIn: 60 });
    store.time += 60_000;
    await deliverToListener(store.ports, {
      clientId: 'd-S1',
      sessionIdentifier: 'one',
      timestamp: store.time,
      topics: ['p1111/in/S1'],
    });

    expect(store.published).toEqual([]);
    expect(store.pending.size).toBe(0);
  });

  test('does not stay behind when the device subscribes while it is stored', async () => {
    const device = store.keep(deviceOf('S1'));
    const { addPending } = store.ports;
    // The device has looked for commands before this one waited.
    Object.assign(store.ports, {
      addPending: async (command: never) => {
        store.keep({ ...device, listening: LISTENING });
        await addPending(command);
      },
    });

    expect(await send(device, { mode: 'async' })).toMatchObject({ status: 'sent' });
  });

  test('goes out once, however many find it at the same time', async () => {
    const device = store.keep(deviceOf('S1'));
    await send(device, { mode: 'async' });
    store.keep({ ...device, ...CONNECTED });

    await Promise.all(Array.from({ length: 5 }, () => deliverWaiting(store.ports, device)));

    expect(store.published).toHaveLength(1);
  });
});

describe('a device behind a gateway', () => {
  const gateway = deviceOf('GW', { nodeType: 'gateway', ...CONNECTED });
  const behind = deviceOf('S1', { nodeType: 'sub-device', gateway: 'd-GW', presence: presenceOf(true, 'd-GW') });

  test('is spoken to on the topic of its gateway, and answers through it', async () => {
    store.keep(gateway);
    store.onPublish = (_, { mid }) => respond({ mid, errcode: 0, body: { opened: true } }, 'd-GW');

    expect(await send(store.keep(behind))).toMatchObject({ status: 'answered', device: 'S1' });
    expect(store.published).toMatchObject([{ topic: '/v1/devices/d-GW/command', payload: { deviceId: 'd-S1' } }]);
  });

  test('is offline when its gateway is', async () => {
    store.keep({ ...gateway, presence: presenceOf(false) });

    await expect(send(store.keep(behind))).rejects.toThrow('The device GW of the product Gate is offline');
  });

  test('waits until it is online itself', async () => {
    store.keep(gateway);
    store.keep({ ...behind, presence: presenceOf(false, 'd-GW') });

    expect(await send(behind, { mode: 'async' })).toMatchObject({ status: 'pending' });
    expect(await deliverWaiting(store.ports, gateway)).toBe(0);
    store.keep(behind);
    expect(await deliverWaiting(store.ports, gateway, 'd-other')).toBe(0);
    expect(await deliverWaiting(store.ports, gateway, 'd-S1')).toBe(1);
  });
});

describe('an answer is believed only where a command waits for it', () => {
  beforeEach(async () => {
    await send(store.keep(deviceOf('S1', CONNECTED)), { mode: 'async' });
  });

  test('once', async () => {
    const answer = { mid: store.only().mid, errcode: 0, body: { opened: true } };

    expect(await respond(answer)).toMatchObject({ believed: true, status: 'answered' });
    expect(await respond({ ...answer, body: { opened: false } })).toMatchObject({
      believed: false,
      reason: 'answered already',
    });
    expect(store.only().body).toBe('{"opened":true}');
  });

  test.each([
    ['of a number nobody sent', { mid: 1, errcode: 0 }, 'unknown mid'],
    ['without a result', {}, 'no answer to a command'],
    ['of another kind', { msgType: 'cloudReq', mid: 1, errcode: 0 }, 'no answer to a command'],
    ['with a body that is no object', { mid: 1, errcode: 0, body: [] }, 'no answer to a command'],
  ])('not one %s', async (_, message, reason) => {
    expect(await respond(message)).toMatchObject({ believed: false, reason });
    expect(store.only().status).toBe('sent');
  });

  test('not from another device, though it knows the number', async () => {
    const { mid } = store.only();

    expect(await respond({ mid, errcode: 0 }, 'd-S2')).toMatchObject({ believed: false, reason: 'unknown mid' });
    expect(await respond({ mid, errcode: 0 }, 'd-S2', '/v1/devices/d-S1/commandResponse')).toMatchObject({
      reason: 'published by another client',
    });
  });

  test('not when its time is over', async () => {
    store.time += 60_000;

    expect(await respond({ mid: store.only().mid, errcode: 0 })).toMatchObject({ reason: 'too late' });
  });

  test('not what is no JSON', async () => {
    const topic = '/v1/devices/d-S1/commandResponse';

    expect(await recordResponse(store.ports, { clientId: 'd-S1', topic, payload: '{' })).toMatchObject({
      believed: false,
    });
  });
});

test('commands of one second have numbers of their own', async () => {
  const device = store.keep(deviceOf('S1', CONNECTED));
  for (let i = 0; i < 3; i += 1) {
    await send(device, { mode: 'async' });
  }

  expect(new Set([...store.commands.values()].map(({ mid }) => mid)).size).toBe(3);
});

test.each([
  [{ timeout: 26 }, 'timeout'],
  [{ timeout: 0 }, 'timeout'],
  [{ timeout: 1.5 }, 'timeout'],
  [{ mode: 'async', timeout: 3601 }, 'timeout'],
  [{ mode: 'async', expiresIn: 604_801 }, 'expiresIn'],
  [{ expiresIn: 60 }, 'expiresIn'],
] as const)('%j is refused', async (request, name) => {
  await expect(send(store.keep(deviceOf('S1', CONNECTED)), request)).rejects.toThrow(name);
  expect(store.commands.size).toBe(0);
});

test('what is longer than MQTT takes is refused before it is stored', async () => {
  const device = store.keep(deviceOf('S1', CONNECTED));
  const model = checkThingModel('test', {
    Barrier: service({ commands: { open: { parameters: { text: property.string() } } } }),
  });
  const request = { ...REQUEST, params: { text: 'x'.repeat(128 * 1024) } };

  await expect(sendCommand(store.ports, { device, model }, request)).rejects.toThrow('131072 at most');
  expect(store.commands.size).toBe(0);
});
