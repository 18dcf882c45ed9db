import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeEach, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import type { EventSubscription } from '../../../core/link/tell-device-events.ts';
import { decodeEnvelope, payloadText } from '../../../core/mqs/envelope.ts';
import { deviceEvents } from '../../../functions/link/device-events.ts';
import { deviceOf, presenceOf, START } from '../../core/link/command-store.ts';
import { logLines } from '../shared/log-lines.ts';

const log = logLines();
const DEVICES = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Devices/stream/2026';
const ALL: EventSubscription = { name: 'all', events: ['added', 'online', 'refused'], stream: 'events' };
let told: Record<string, unknown>[];
let subscriptions: readonly EventSubscription[];
let fault: string | undefined;

beforeEach(() => {
  told = [];
  subscriptions = [ALL];
  fault = undefined;
});

const tell = deviceEvents(() => ({
  subscriptions: async () => subscriptions,
  findDevice: async (clientId) => (clientId === 'd-S1' ? deviceOf('S1') : undefined),
  refusals: 'Refusals',
  put: async (_, entries) =>
    entries.map(({ data }) => {
      const envelope = decodeEnvelope(data.toString('base64'));
      if (fault !== undefined || typeof envelope === 'string') return { error: fault ?? 'none', message: '' };
      told.push({ ...JSON.parse(payloadText(envelope) ?? ''), traceId: envelope.traceId, product: envelope.productId });

      return { shard: 's', sequenceNumber: '1' };
    }),
  pause: async () => undefined,
  lost: ({ name }, error) => told.push({ lost: name, error }),
}));

function record(
  sequence: number,
  { before, after, table = DEVICES }: { before?: object; after?: object; table?: string },
) {
  const image = (item: object) => marshall(item, { removeUndefinedValues: true });

  return {
    eventSourceARN: table,
    dynamodb: {
      ApproximateCreationDateTime: START / 1000,
      Keys: image({ clientId: 'd-S1' }),
      SequenceNumber: String(sequence),
      ...(before && { OldImage: image(before) }),
      ...(after && { NewImage: image(after) }),
    },
  } as DynamoDBRecord;
}

const registered = () => record(1, { after: deviceOf('S1') });

test('changes of the table become events of the topic, in their order', async () => {
  const online = record(2, { before: deviceOf('S1'), after: deviceOf('S1', { presence: presenceOf(true) }) });

  expect(await tell({ Records: [registered(), online] })).toEqual({ batchItemFailures: [] });
  expect(told).toMatchObject([
    {
      notifyType: 'deviceAdded',
      deviceIdentifier: 'S1',
      eventTime: String(START),
      traceId: '1-0',
      product: 'device-events',
    },
    { notifyType: 'deviceOnline', traceId: '2-0' },
  ]);
});

test('refused log-ins are those of the table of refusals, named after their device', async () => {
  const table = DEVICES.replace('Devices', 'Refusals');
  const after = { clientId: 'd-S1', total: 3, at: START, reason: 'WrongPassword', until: 1 };

  await tell({ Records: [record(1, { table, after })] });

  expect(told).toMatchObject([{ notifyType: 'deviceLoginRefused', deviceIdentifier: 'S1', refusedLogins: 3 }]);
});

test('what a topic does not take comes again', async () => {
  fault = 'ProvisionedThroughputExceededException';

  expect(await tell({ Records: [registered()] })).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
});

test('without subscriptions nothing is read, and nothing comes again', async () => {
  subscriptions = [];

  expect(await tell({ Records: [registered()] })).toEqual({ batchItemFailures: [] });
  expect(told).toEqual([]);
  expect(log.text()).toContain('changes of devices');
});
