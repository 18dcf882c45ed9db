import { beforeEach, describe, expect, test } from '@jest/globals';
import { clientIdOf } from '../../../core/link/client-id.ts';
import { checkThingModel, property, service } from '../../../core/link/thing-model.ts';
import { commandResponse } from '../../../functions/link/command-response.ts';
import { deliverCommands } from '../../../functions/link/deliver-commands.ts';
import { manageCommands } from '../../../functions/link/manage-commands.ts';
import { CommandStore, deviceOf, presenceOf, START } from '../../core/link/command-store.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';

const log = logLines();
const RESOURCE = '/devices/{product}/{device}/commands';
const clientId = clientIdOf({ environment: 'test', productId: 'p1111', deviceId: 'S1' });
let store: CommandStore;

beforeEach(() => {
  process.env['CAUSEWAY_ENVIRONMENT'] = 'test';
  store = new CommandStore();
  store.keep(deviceOf('S1', { clientId, presence: presenceOf(true), listening: { session: 'one', at: START - 1000 } }));
});

function manage(method: string, options: { readonly body?: unknown; readonly command?: string } = {}) {
  const handler = manageCommands(() => ({
    ...store.ports,
    findProduct: async (name) => (name === 'Gate' ? { product: name, productId: 'p1111', app: 'parking' } : undefined),
    modelOf: async () =>
      checkThingModel('test', {
        Barrier: service({ commands: { open: { parameters: { seconds: property.integer() } } } }),
      }),
    commandsOf: async (connection) => ({
      items: [...store.commands.values()].filter((command) => command.clientId === connection).reverse(),
    }),
  }));
  const { body, command } = options;

  return callManagement(handler, {
    method,
    resource: command === undefined ? RESOURCE : `${RESOURCE}/{command}`,
    path: { product: 'Gate', device: 'S1', ...(command === undefined ? {} : { command }) },
    body,
  });
}

const COMMAND = { service: 'Barrier', command: 'open', params: { seconds: 5 } };

const answer = (message: object, from = clientId) =>
  commandResponse(() => store.ports)({
    raw: Buffer.from(JSON.stringify({ msgType: 'deviceRsp', ...message })).toString('base64'),
    clientId: from,
    topic: `/v1/devices/${from}/commandResponse`,
    traceId: 'trace-1',
  });

describe('over the management API', () => {
  test('a command is answered with what the device says, and found again', async () => {
    store.onPublish = (_, { mid }) => answer({ mid, errcode: 0, body: { done: 'ja' } });

    const { status, body } = await manage('POST', { body: COMMAND });
    const { body: found } = await manage('GET', { command: String(body['id']) });
    const { body: listed } = await manage('GET');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'answered',
      response: { done: 'ja' },
      by: 'arn:aws:iam::123456789012:user/operator',
    });
    expect(found).toEqual(body);
    expect(listed).toEqual({ items: [body] });
  });

  test('one that nobody waits for is created, and no answer is waited for', async () => {
    const { status, body } = await manage('POST', { body: { ...COMMAND, mode: 'async' } });

    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'sent', mode: 'async' });
    expect(store.time).toBe(START);
  });

  test('no answer in time is 504', async () => {
    expect(await manage('POST', { body: { ...COMMAND, timeout: 1 } })).toMatchObject({
      status: 504,
      body: { error_code: 'CAUSEWAY.0504' },
    });
  });

  test.each([
    [{ ...COMMAND, params: { seconds: 'x' } }, 400, '$.seconds (type): received "x"'],
    [{ ...COMMAND, command: 'shut' }, 404, 'it has: open'],
    [{ ...COMMAND, mode: 'later' }, 400, 'mode'],
    [{ service: 'Barrier' }, 400, 'command'],
  ])('%j is refused, and nothing is sent', async (body, status, words) => {
    const refusal = await manage('POST', { body });

    expect(refusal.status).toBe(status);
    expect(refusal.body['error_msg']).toContain(words);
    expect(store.published).toEqual([]);
  });

  test.each(['77', 'x', '12345678901'])('there is no command %s', async (command) => {
    expect(await manage('GET', { command })).toMatchObject({ status: 404, body: { error_code: 'CAUSEWAY.0404' } });
  });

  test('the commands of a device behind the same gateway are not shown', async () => {
    await manage('POST', { body: { ...COMMAND, mode: 'async' } });
    const [key, command] = [...store.commands][0] as [string, ReturnType<CommandStore['only']>];
    store.commands.set(key, { ...command, deviceClientId: 'd-other' });

    expect((await manage('GET')).body).toEqual({ items: [] });
    expect((await manage('GET', { command: String(command.mid) })).status).toBe(404);
  });
});

describe('answers', () => {
  test('that are not believed are logged with their reason and change nothing', async () => {
    await answer({ mid: 7, errcode: 0 });

    expect(log.all()).toEqual([
      expect.objectContaining({
        message: 'answer not believed',
        reason: 'unknown mid',
        mid: 7,
        clientId,
        traceId: 'trace-1',
      }),
    ]);
  });

  test('that no rule wrote are let go', async () => {
    await commandResponse(() => store.ports)({ anything: true });

    expect(log.text()).toContain('not a message of the rule');
  });

  test('that cannot be stored are tried again', async () => {
    Object.assign(store.ports, { findCommand: () => Promise.reject(new TypeError('throttled')) });

    await expect(answer({ mid: 7, errcode: 0 })).rejects.toThrow('throttled');
  });
});

test('a device that subscribes gets what waits; other events and other clients are let go', async () => {
  store.keep(deviceOf('S1', { clientId }));
  await manage('POST', { body: { ...COMMAND, mode: 'async' } });
  const deliver = deliverCommands(() => store.ports);
  const event = {
    clientId,
    eventType: 'subscribed',
    sessionIdentifier: 'one',
    timestamp: START,
    topics: ['p1111/in/S1'],
  };

  await deliver({ ...event, clientId: 'd0' });
  await deliver({ ...event, eventType: 'unsubscribed' });
  expect(store.published).toEqual([]);
  await deliver(event);

  expect(store.published).toHaveLength(1);
  expect(log.text()).toContain('commands sent that waited');
});
