import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import { clientIdOf } from '../../core/link/client-id.ts';
import { causeway, type DeviceLogin, eventually, type Platform, removeFolder, startPlatform } from './platform.ts';

type Message = Readonly<Record<string, unknown>>;

const WITHIN_MS = 10_000;
let platform: Platform;
const clients: MqttClient[] = [];

beforeAll(async () => {
  platform = await startPlatform({ integration: `${import.meta.dirname}/commands/index.ts` });
}, 180_000);

afterEach(() => {
  for (const client of clients.splice(0)) {
    client.end(true);
  }
});

afterAll(async () => {
  await platform?.stop();
  removeFolder(platform?.state ?? '');
}, 60_000);

describe('a command whose caller waits', () => {
  test('is obeyed by a device over MQTT, and its answer is the answer', async () => {
    const barrier = fixed('B-001');
    const heard = await obeying(barrier, () => ({ errcode: 0, body: { opened: true } }));

    const { code, stdout } = await send(barrier, '--params', '{"seconds":5}');

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'answered', errcode: 0, response: { opened: true } });
    expect(heard).toEqual([
      {
        ...{ msgType: 'cloudReq', mid: JSON.parse(stdout).id, cmd: 'open', paras: { seconds: 5 } },
        ...{ serviceId: 'Boom', deviceId: barrier.clientId },
      },
    ]);
  }, 60_000);

  test('is told in time when the device says nothing, and that it is online', async () => {
    const barrier = fixed('B-002');
    await obeying(barrier, () => undefined);
    await seen(barrier, 'online');

    const { code, stderr } = await send(barrier, '--params', '{"seconds":5}', '--timeout', '1');

    expect(code).toBe(1);
    expect(stderr).toMatch(/has not answered the command open \(\d+\) within 1 s\. The device is online since/);
    expect(stderr).toContain('CAUSEWAY.0504');
  }, 60_000);

  test('is refused at once for a device that is away, and for parameters that break the model', async () => {
    const away = await send(fixed('B-003'), '--params', '{"seconds":5}');
    const wrong = await send(fixed('B-003'), '--params', '{"seconds":61}');

    expect(away).toMatchObject({ code: 1, stderr: expect.stringMatching(/never been connected.*--async/) });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('$.seconds (max): received 61') });
  }, 60_000);
});

test('a command that nobody waits for is sent when its device subscribes, and not before', async () => {
  const barrier = fixed('B-003');
  const sent = JSON.parse((await send(barrier, '--async', '--params', '{"seconds":9}')).stdout);
  expect(sent.status).toBe('pending');
  const heard = await obeying(barrier, () => ({ errcode: 0, body: { opened: true } }));

  const end = await eventually(
    () => shown(barrier, sent.id),
    ({ status }) => status === 'answered',
    WITHIN_MS,
  );

  expect(end).toMatchObject({ status: 'answered', response: { opened: true } });
  expect(heard).toHaveLength(1);
  const listed = await causeway('device', 'command', 'list', barrier.product, barrier.device, '--json', ...state());
  expect(JSON.parse(listed.stdout)).toEqual([end]);
}, 60_000);

test('answers from elsewhere, doubled and late ones are not believed', async () => {
  const barrier = fixed('B-004');
  const stranger = await connected(fixed('B-001'));
  const client = await connected(barrier);
  let mid = 0;
  const answer = (from: MqttClient, login: DeviceLogin, body: object) =>
    from.publishAsync(responses(login), JSON.stringify({ msgType: 'deviceRsp', mid, errcode: 0, body }), { qos: 1 });
  client.on('message', async (_, payload) => {
    mid = JSON.parse(payload.toString()).mid;
    await answer(stranger, fixed('B-001'), { opened: false });
    await answer(client, barrier, { opened: true });
    await answer(client, barrier, { opened: false });
  });
  await client.subscribeAsync(barrier.subscribe, { qos: 1 });
  await seen(barrier, 'online');

  const { stdout } = await send(barrier, '--params', '{"seconds":5}');
  const logs = await eventually(
    async () => platform.logs(),
    (text) => text.includes('unknown mid') && text.includes('answered already'),
    WITHIN_MS,
  );

  expect(JSON.parse(stdout).response).toEqual({ opened: true });
  expect(logs).toContain('unknown mid');
  expect(logs).toContain('answered already');
  // The topic of another device is not even published to: the broker ends the connection.
  const closed = new Promise((done) => stranger.once('close', () => done('closed')));
  stranger.publish(responses(barrier), '{}');
  expect(await closed).toBe('closed');
}, 60_000);

describe('a gateway', () => {
  test('adds a device, reports for it, gets its commands, and takes it along when it goes', async () => {
    const box = fixed('FB-1');
    const { client, said } = await gateway(box);

    const added = await ask(client, box, 'topo/add', {
      mid: 7,
      deviceInfos: [{ nodeId: 'M-1', manufacturerId: 'acme', model: 'M1' }],
    });
    const [{ deviceInfo }] = added['data'] as [{ deviceInfo: { deviceId: string } }];
    const { deviceId } = deviceInfo;
    expect(added).toMatchObject({ mid: 7, statusCode: 0 });
    expect(await ask(client, box, 'topo/query', { mid: 8 })).toMatchObject({
      count: '1',
      data: [{ nodeId: 'M-1', deviceId }],
    });

    const statuses = { mid: 9, deviceStatuses: [{ deviceId, status: 'ONLINE' }] };
    expect(await ask(client, box, 'topo/update', statuses)).toMatchObject({ statusCode: 0 });
    await seen({ product: 'Meter', device: 'M-1' }, 'online');

    const services = [{ serviceId: 'Power', data: { watt: 5 }, eventTime: '20261124T100000Z' }];
    const foreign = fixed('M-900').clientId;
    await tell(client, box, 'datas', {
      devices: [
        { deviceId: foreign, services },
        { deviceId, services },
      ],
    });
    const messages = await eventually(topicMessages, (found) => found.length > 0, WITHIN_MS);
    expect(messages).toEqual([
      expect.objectContaining({ device: 'M-1', clientId: box.clientId, key: 'M-1', payload: '{"watt":5}' }),
    ]);
    const kept = await eventually(errors, (found) => found.length > 0, WITHIN_MS);
    expect(kept).toMatchObject([{ productId: 'gateway-messages', device: box.clientId }]);

    said.answer = { errcode: 0, body: {} };
    const reset = ['--service', 'Power', '--command', 'reset', '--json', ...state()];
    const { stdout } = await causeway('device', 'command', 'send', 'Meter', 'M-1', ...reset);
    expect(JSON.parse(stdout)).toMatchObject({ device: 'M-1', status: 'answered' });
    expect(said.commands).toMatchObject([{ cmd: 'reset', deviceId }]);

    await client.endAsync();
    await seen({ product: 'Meter', device: 'M-1' }, 'offline');
    const shown = JSON.parse((await causeway('gateway', 'show', 'FieldBox', 'FB-1', '--json', ...state())).stdout);
    expect(shown.devices).toMatchObject([{ device: 'M-1', presence: { state: 'offline', reason: 'GATEWAY_OFFLINE' } }]);
  }, 90_000);

  test('may not use the topics of another, nor log in as a device behind one', async () => {
    const box = fixed('FB-1');
    const { client } = await gateway(box);
    const closed = new Promise((done) => client.once('close', () => done('closed')));

    client.publish(`/v1/devices/${fixed('B-001').clientId}/datas`, '{}');

    expect(await closed).toBe('closed');
    await expect(
      connected({ ...box, clientId: meterId(), username: meterId(), password: box.password }),
    ).rejects.toThrow(/Not authorized/);
  }, 60_000);
});

test('what happens to a device is told in its order, and who tries its password is told once', async () => {
  const meter = ['Barrier', 'E-1'] as const;
  const login = JSON.parse(
    (await causeway('device', 'register', ...meter, '--json', ...state())).stdout,
  ) as DeviceLogin;
  const told = async () => {
    const { stdout } = await causeway(
      'message',
      'query',
      'DeviceEvents',
      '--key',
      login.clientId,
      '--json',
      ...state(),
    );

    return (JSON.parse(stdout) as { payload: string }[]).map(({ payload }) => JSON.parse(payload) as Message);
  };
  const kinds = async () => (await told()).map(({ notifyType }) => notifyType);
  const until = (kind: string) => eventually(kinds, (found) => found.includes(kind), 3 * WITHIN_MS);

  const client = await connected(login);
  // Its end may be told of before its beginning, and is then all that is known of it.
  await until('deviceOnline');
  await client.endAsync();
  await until('deviceOffline');
  for (let i = 0; i < 3; i += 1) {
    await expect(connected({ ...login, password: 'Wrong-passw0rd' })).rejects.toThrow();
  }
  await until('deviceLoginRefused');
  await causeway('device', 'disable', ...meter, ...state());
  await causeway('device', 'delete', ...meter, '--yes', ...state());
  const all = await until('deviceDeleted');

  const own = all.filter((kind) => kind !== 'deviceLoginRefused');
  expect(own).toEqual(['deviceAdded', 'deviceOnline', 'deviceOffline', 'deviceChanged', 'deviceDeleted']);
  expect(all.filter((kind) => kind === 'deviceLoginRefused')).toHaveLength(1);
  expect(JSON.stringify(await told())).not.toContain('scrypt');
}, 120_000);

const state = () => ['--state', platform.state];
const responses = ({ clientId }: Pick<DeviceLogin, 'clientId'>) => `/v1/devices/${clientId}/commandResponse`;

function fixed(id: string): DeviceLogin {
  return platform.file.devices.find(({ device }) => device === id) as DeviceLogin;
}

function send({ product, device }: DeviceLogin, ...more: readonly string[]) {
  const what = ['--service', 'Boom', '--command', 'open', '--json'];

  return causeway('device', 'command', 'send', product, device, ...what, ...more, ...state());
}

async function shown({ product, device }: DeviceLogin, id: number): Promise<Message> {
  const { stdout } = await causeway('device', 'command', 'show', product, device, String(id), '--json', ...state());

  return JSON.parse(stdout);
}

async function seen({ product, device }: Pick<DeviceLogin, 'product' | 'device'>, wanted: string): Promise<void> {
  await eventually(
    async () =>
      JSON.parse((await causeway('device', 'show', product, device, '--json', ...state())).stdout).presence.state,
    (found) => found === wanted,
    WITHIN_MS,
  );
}

async function connected({ clientId, username, password }: DeviceLogin): Promise<MqttClient> {
  const options = { clientId, username, password, protocolVersion: 4 as const, reconnectPeriod: 0 };
  const client = await mqtt.connectAsync(platform.file.mqtt.url, options);
  clients.push(client);

  return client;
}

/** A device that listens, and does what it is told. @returns what it hears */
async function obeying(login: DeviceLogin, answer: (command: Message) => object | undefined): Promise<Message[]> {
  const heard: Message[] = [];
  const client = await connected(login);
  client.on('message', (_, payload) => {
    const command = JSON.parse(payload.toString()) as Message;
    heard.push(command);
    const reply = answer(command);
    if (reply !== undefined) {
      client.publish(responses(login), JSON.stringify({ msgType: 'deviceRsp', mid: command['mid'], ...reply }), {
        qos: 1,
      });
    }
  });
  await client.subscribeAsync(login.subscribe, { qos: 1 });

  return heard;
}

interface Said {
  readonly commands: Message[];
  answer?: object;
}

/** A gateway that hears everything that is said to it. */
async function gateway(login: DeviceLogin): Promise<{ readonly client: MqttClient; readonly said: Said }> {
  const client = await connected(login);
  const own = `/v1/devices/${login.clientId}`;
  const said: Said = { commands: [] };
  client.on('message', (topic, payload) => {
    if (topic !== `${own}/command`) {
      return;
    }
    const command = JSON.parse(payload.toString()) as Message;
    said.commands.push(command);
    client.publish(
      `${own}/commandResponse`,
      JSON.stringify({ msgType: 'deviceRsp', mid: command['mid'], ...said.answer }),
    );
  });
  const topics = ['command', 'topo/addResponse', 'topo/updateResponse', 'topo/queryResponse', 'topo/delete'];
  await client.subscribeAsync(
    topics.map((name) => `${own}/${name}`),
    { qos: 1 },
  );

  return { client, said };
}

async function tell(client: MqttClient, { clientId }: DeviceLogin, what: string, message: object): Promise<void> {
  await client.publishAsync(`/v1/devices/${clientId}/${what}`, JSON.stringify(message), { qos: 1 });
}

async function ask(client: MqttClient, login: DeviceLogin, what: string, message: object): Promise<Message> {
  const answer = new Promise<Message>((done) => {
    const listen = (topic: string, payload: Buffer) => {
      if (topic.endsWith(`${what}Response`)) {
        client.off('message', listen);
        done(JSON.parse(payload.toString()) as Message);
      }
    };
    client.on('message', listen);
  });
  await tell(client, login, what, message);

  return answer;
}

async function topicMessages(): Promise<Message[]> {
  return JSON.parse((await causeway('message', 'query', 'MeterEvents', '--json', ...state())).stdout);
}

async function errors(): Promise<Message[]> {
  return JSON.parse((await causeway('error-store', 'list', '--json', ...state())).stdout).items;
}

function meterId(): string {
  const { publish } = fixed('M-900');

  return clientIdOf({ environment: 'production', productId: publish.split('/')[0] as string, deviceId: 'M-1' });
}
