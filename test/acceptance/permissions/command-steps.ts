import mqtt, { type MqttClient } from 'mqtt';
import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

type Message = Record<string, unknown>;

const BARRIER = '/devices/Barrier';
const METER = '/devices/Meter';
const GATEWAY = '/gateways/FieldBox/FB-1';
const OPEN = { service: 'Boom', command: 'open', params: { seconds: 5 } };
const RESET = { service: 'Power', command: 'reset', mode: 'async' };

/** Commands, and gateways with what stands behind them. */
export function commandSteps(platform: WatchedPlatform): readonly Step[] {
  const { manage } = platform;
  const { until } = platform.patience;
  let count = 0;
  const fresh = () => `M-${Date.now()}-${count++}`;

  return [
    {
      name: 'send a device a command that it obeys, and see it',
      async run() {
        const client = await obeying(platform, 'B-001');
        try {
          // Its presence, or its subscription, may be known a moment later.
          await until('the answer', async () => {
            const { status } = await manage('POST', `${BARRIER}/B-001/commands`, OPEN).catch(() => ({ status: '' }));
            return status === 'answered';
          });
          await manage('GET', `${BARRIER}/B-001/commands`);
        } finally {
          client.end(true);
        }
      },
      repeat: true,
    },
    {
      name: 'send a command that waited for its device',
      async run() {
        const { id } = await manage('POST', `${BARRIER}/B-002/commands`, { ...OPEN, mode: 'async' });
        const client = await obeying(platform, 'B-002');
        try {
          const command = `${BARRIER}/B-002/commands/${id}`;
          await until('the answer', async () => (await manage('GET', command))['status'] === 'answered');
        } finally {
          client.end(true);
        }
      },
      repeat: true,
    },
    {
      name: 'look at a gateway and put a device behind it',
      async run() {
        const device = fresh();
        await manage('GET', '/gateways');
        await manage('POST', `${GATEWAY}/devices`, { product: 'Meter', device });
        await manage('GET', GATEWAY);
        await manage('DELETE', `${METER}/${device}`);
      },
      repeat: true,
    },
    {
      name: 'report for a device behind a gateway, and nothing for another',
      run: () => throughGateway(platform, fresh(), 10 * count),
      repeat: true,
    },
    {
      name: 'tell what happens to a device, and who tries its password',
      async run() {
        const device = `E-${Date.now()}-${count++}`;
        const login = await manage('POST', '/devices', { product: 'Barrier', device });
        const told = async (kind: string) => {
          const query = { since: Date.now() - 60_000, key: login['clientId'] };
          return JSON.stringify(await manage('POST', '/topics/DeviceEvents/messages', query)).includes(kind);
        };
        await until('deviceAdded', () => told('deviceAdded'));
        const wrong = { ...login, password: 'Wrong-passw0rd', protocolVersion: 4 as const, reconnectPeriod: 0 };
        await mqtt.connectAsync(platform.mqtt, wrong, false).catch(() => undefined);
        await until('deviceLoginRefused', () => told('deviceLoginRefused'));
        await manage('DELETE', `${BARRIER}/${device}`);
      },
      repeat: true,
    },
    {
      name: 'give a fixed barrier a new password',
      run: async () => void (await manage('POST', `${BARRIER}/B-004/password`, {})),
      repeat: true,
    },
    kept(platform, "a meter's message", productOf(platform, 'M-900'), 'kinesis:PutRecord', async () => {
      const client = await connect(platform, 'M-900');
      const topic = platform.devices().find((one) => one.device === 'M-900')?.publish ?? '';
      await client.publishAsync(topic, '{"watt":1}', { qos: 1 });
      await client.endAsync();
    }),
    kept(platform, 'an answer', 'command-responses', /Responses/, async () => {
      const client = await connect(platform, 'B-003');
      await client.publishAsync(`${own(platform, 'B-003')}/commandResponse`, '{}', { qos: 1 });
      await client.endAsync();
    }),
    kept(platform, 'a subscription', 'subscription-events', /Listeners/, async () =>
      (await obeying(platform, 'B-004')).endAsync(),
    ),
    kept(platform, "a gateway's message", 'gateway-messages', 'kinesis:PutRecord', async () => {
      const client = await connect(platform, 'FB-1');
      await client.publishAsync(`${own(platform, 'FB-1')}/topo/query`, '{"mid":1}', { qos: 1 });
      await client.endAsync();
    }),
  ];
}

/** From `topo/add` to the device's end: all that a gateway does. */
async function throughGateway(platform: WatchedPlatform, nodeId: string, first: number): Promise<void> {
  const { manage } = platform;
  const { until } = platform.patience;
  const client = await connect(platform, 'FB-1');
  const topics = own(platform, 'FB-1');
  const heard: { readonly topic: string; readonly message: Message }[] = [];
  client.on('message', (topic, payload) => heard.push({ topic, message: JSON.parse(payload.toString()) }));
  // By its number: what an earlier run asked for in vain is answered once it can be, to whoever listens then.
  const answer = async (what: string, mid: number) => {
    const said = () =>
      heard.find(({ topic, message }) => topic === `${topics}/${what}Response` && message['mid'] === mid);
    await until(`${what}Response`, async () => said() !== undefined);

    return said()?.message ?? {};
  };
  const tell = (what: string, message: object) =>
    client.publishAsync(`${topics}/${what}`, JSON.stringify(message), { qos: 1 });
  try {
    const names = ['command', 'topo/addResponse', 'topo/updateResponse', 'topo/queryResponse', 'topo/delete'];
    await client.subscribeAsync(
      names.map((name) => `${topics}/${name}`),
      { qos: 1 },
    );
    await tell('topo/add', { mid: first, deviceInfos: [{ nodeId, manufacturerId: 'acme', model: 'M1' }] });
    const { data } = await answer('topo/add', first);
    const [added] = (data ?? []) as { readonly deviceInfo?: { readonly deviceId: string } }[];
    const deviceId = added?.deviceInfo?.deviceId ?? '';
    await tell('topo/query', { mid: first + 1, nodeId });
    await answer('topo/query', first + 1);
    await manage('POST', `${METER}/${nodeId}/commands`, RESET);
    await tell('topo/update', { mid: first + 2, deviceStatuses: [{ deviceId, status: 'ONLINE' }] });
    await until('the command', async () =>
      heard.some(({ topic, message }) => topic.endsWith('/command') && JSON.stringify(message).includes(deviceId)),
    );
    await answer('topo/update', first + 2);
    const services = [{ serviceId: 'Power', data: { watt: 5 } }];
    const foreign = clientIdOf(platform, 'M-900');
    const folder = `gateway-messages/${clientIdOf(platform, 'FB-1')}/`;
    const kept = await countKept(platform, folder);
    await tell('datas', {
      devices: [
        { deviceId, services },
        { deviceId: foreign, services },
      ],
    });
    await until('what the meter reports', async () => {
      const query = { since: Date.now() - 60_000, key: nodeId };
      const { items } = await manage('POST', '/topics/MeterEvents/messages', query);
      return (items as unknown[]).length > 0;
    });
    await until('what it may not say', async () => (await countKept(platform, folder)) > kept);
    await client.endAsync();
    await until('its end', async () =>
      JSON.stringify(await manage('GET', `${METER}/${nodeId}`)).includes('GATEWAY_OFFLINE'),
    );
    await manage('DELETE', `${METER}/${nodeId}`);
  } finally {
    client.end(true);
  }
}

/** What a function, or a right, keeps from being handed on lies in the error store. */
function kept(
  platform: WatchedPlatform,
  what: string,
  folder: string,
  fault: RegExp | string,
  act: () => Promise<unknown>,
): Step {
  return {
    name: `keep ${what} that is not handed on`,
    async run() {
      const before = await countKept(platform, `${folder}/`);
      const mend = typeof fault === 'string' ? platform.policies.refuse(fault) : platform.breakFunction(fault);
      try {
        void act().catch(() => undefined);
        await platform.patience.until(what, async () => (await countKept(platform, `${folder}/`)) > before);
      } finally {
        mend();
      }
    },
    repeat: true,
  };
}

async function countKept({ engines, buckets }: WatchedPlatform, prefix: string): Promise<number> {
  return (await Promise.all(buckets.map((bucket) => engines.store.list(bucket, prefix)))).flat().length;
}

function clientIdOf({ devices }: WatchedPlatform, device: string): string {
  return devices().find((one) => one.device === device)?.clientId ?? '';
}

function productOf({ devices }: WatchedPlatform, device: string): string {
  return (
    devices()
      .find((one) => one.device === device)
      ?.publish.split('/')[0] ?? ''
  );
}

const own = (platform: WatchedPlatform, device: string) => `/v1/devices/${clientIdOf(platform, device)}`;

async function connect({ mqtt: url, devices }: WatchedPlatform, device: string): Promise<MqttClient> {
  const login = devices().find((one) => one.device === device);

  return mqtt.connectAsync(url, { ...login, protocolVersion: 4, reconnectPeriod: 0 }, false);
}

async function obeying(platform: WatchedPlatform, device: string): Promise<MqttClient> {
  const client = await connect(platform, device);
  client.on('message', (_, payload) => {
    const { mid } = JSON.parse(payload.toString()) as Message;
    const answer = { msgType: 'deviceRsp', mid, errcode: 0, body: { opened: true } };
    client.publish(`${own(platform, device)}/commandResponse`, JSON.stringify(answer), { qos: 1 });
  });
  await client.subscribeAsync(platform.devices().find((one) => one.device === device)?.subscribe ?? '', { qos: 1 });

  return client;
}
