import { Buffer } from 'node:buffer';
import { AwsError } from '../../../local/errors.ts';
import type { Step } from './step.ts';
import { tableNamed } from './table-calls.ts';
import type { WatchedPlatform } from './watched-platform.ts';

const TOPICS = [
  ['ParkingEvents', 'ParkingSensor', 'S-006'],
  ['GateEvents', 'ParkingGate', 'G-OUT'],
  ['Visits', 'Visit', 'V-1'],
  ['MeterEvents', 'Meter', 'M-900'],
] as const;

/** What went wrong, put right: messages of the error store into their topics. */
export function replaySteps(platform: WatchedPlatform): readonly Step[] {
  const { manage } = platform;
  const correct: Step = {
    name: 'correct a record of the quarantine, and take that back',
    async run() {
      const { items } = (await manage('GET', '/tasks/ParkingHistory/rejected')) as { items: { id: number }[] };
      const record = `/tasks/ParkingHistory/rejected/${items[0]?.id}`;
      await manage('PATCH', record, { correction: Buffer.from('{}').toString('base64') });
      await manage('PATCH', record, { correction: null });
    },
  };

  return [correct, ...TOPICS.map((way) => replayStep(platform, way))];
}

/** @param way a topic, a product whose messages a rule forwards into it, and a device of that */
export function replayStep(
  platform: WatchedPlatform,
  [topic, product, device]: readonly [topic: string, product: string, device: string],
): Step {
  return {
    name: `replay a message of ${topic}, after a call that was killed`,
    async run() {
      const { call, table } = await tableNamed(platform, 'Replays');
      // The first claim of a topic is a new item, every other one a changed one.
      await call('DeleteItem', { TableName: table, Key: { topic: { S: topic } } });
      await replayed(platform, { target: topic, product, device }, await keep(platform, topic, device));
      const key = await keep(platform, topic, device);
      const [at, until] = [Date.now() - 60_000, Date.now() - 1].map((time) => ({ N: String(time) }));
      const Item = { topic: { S: topic }, claim: { S: 'dead' }, at, until, keys: { L: [{ S: key }] } };
      await call('PutItem', { TableName: table, Item });
      await replayed(platform, { target: topic, product, device }, key);
    },
    repeat: true,
  };
}

async function replayed({ manage, engines, buckets }: WatchedPlatform, request: object, key: string): Promise<void> {
  await manage('POST', '/error-store', request);
  const left = await Promise.all(buckets.map((bucket) => engines.store.list(bucket, key)));
  if (left.flat().length > 0) throw new AwsError('NotReplayed', 'the message is in the error store still');
}

/** A message as a rule leaves it. */
async function keep({ devices, engines, buckets }: WatchedPlatform, topic: string, device: string): Promise<string> {
  const { publish = '', clientId } = devices().find((one) => one.device === device) ?? {};
  const [productId] = publish.split('/');
  const key = `${productId}/${device}/${Date.now()}-${crypto.randomUUID()}.${topic}.json`;
  const report = {
    ...{ topic: publish, clientId, cloudwatchTraceId: crypto.randomUUID(), failures: [] },
    base64OriginalPayload: Buffer.from('{}').toString('base64'),
  };
  await engines.store.put(buckets[0] ?? '', key, JSON.stringify(report));

  return key;
}
