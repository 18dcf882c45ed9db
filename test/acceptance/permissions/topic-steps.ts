import mqtt from 'mqtt';
import { AwsError } from '../../../local/errors.ts';
import { signedByReferenceSdk } from '../caller.ts';
import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

const VISITS = '/topics/Visits';

/** Topics that apps write to and read, and one whose fields are masked. */
export function topicSteps(platform: WatchedPlatform): readonly Step[] {
  const { apis, facts, manage } = platform;
  const { until } = platform.patience;
  const url = `${apis}/${facts.groups.find(({ group }) => group === 'Notes')?.name}${VISITS}/messages`;
  const credentials = () => facts.apps['NotesOwner'] as { readonly key: string; readonly secret: string };

  return [
    {
      name: 'produce a message',
      async run() {
        const data = { value: { plate: 'X' } };
        const headers = signedByReferenceSdk(credentials(), {
          ...{ method: 'POST', url, headers: { 'Content-Type': 'application/json' }, data },
        });
        await answered(fetch(url, { method: 'POST', headers, body: JSON.stringify(data) }));
      },
    },
    {
      name: 'give V-1 another password',
      run: async () => void (await manage('POST', '/devices/Visit/V-1/password', {})),
      repeat: true,
    },
    {
      name: 'look messages up',
      run: () => answered(fetch(url, { headers: signedByReferenceSdk(credentials(), { url }) })),
    },
    {
      name: 'grant a topic at run time and take it back',
      async run() {
        await manage('POST', `${VISITS}/grants/ParkingOwner`, { permission: 'publish' });
        await manage('GET', `${VISITS}/grants`);
        await manage('DELETE', `${VISITS}/grants/ParkingOwner`);
      },
      repeat: true,
    },
    ...['ParkingEvents', 'GateEvents', 'Visits'].map((topic) => ({
      name: `GET /topics/${topic}/consumers`,
      run: async () => void (await manage('GET', `/topics/${topic}/consumers`)),
    })),
    {
      name: 'look at the messages of a topic',
      run: async () => void (await manage('POST', `${VISITS}/messages`, { limit: 1 })),
    },
    { name: `GET ${VISITS}`, run: async () => void (await manage('GET', VISITS)) },
    {
      name: 'mask what a device sends',
      async run() {
        const since = Date.now();
        await publish(platform, JSON.stringify({ plate: 'X' }));
        await until('the masked message', async () => {
          const { items } = await manage('POST', `${VISITS}/messages`, { since });

          return (items as { readonly device?: string }[]).some(({ device }) => device === 'V-1');
        });
      },
    },
    {
      name: 'note what cannot be masked',
      async run() {
        const kept = async () =>
          ((await manage('GET', '/error-store?limit=200&product=Visit')) as { items: readonly unknown[] }).items.length;
        const before = await kept();
        await publish(platform, 'no JSON');
        await until('what is no JSON', async () => (await kept()) > before);
      },
    },
  ];
}

async function publish({ mqtt: url, devices }: WatchedPlatform, message: string): Promise<void> {
  const login = devices().find(({ device }) => device === 'V-1');
  const client = await mqtt.connectAsync(url, { ...login, protocolVersion: 4, reconnectPeriod: 0 }, false);
  try {
    await client.publishAsync(login?.publish ?? '', message, { qos: 1 });
  } finally {
    client.end(true);
  }
}

async function answered(asked: Promise<Response>): Promise<void> {
  const response = await asked;
  if (!response.ok) throw new AwsError('NotAnswered', `${response.status} ${await response.text()}`);
}
