import { beforeEach, expect, test } from '@jest/globals';
import type { KinesisStreamRecord } from 'aws-lambda';
import { clientIdOf } from '../../../core/link/client-id.ts';
import { gatewayMessages } from '../../../functions/link/gateway-messages.ts';
import { CommandStore, deviceOf, START } from '../../core/link/command-store.ts';
import { logLines } from '../shared/log-lines.ts';

const log = logLines();
const SUB = clientIdOf({ environment: 'test', productId: 'p2222', deviceId: 'S-1' });
let store: CommandStore;
let kept: { readonly key: string; readonly content: Record<string, unknown> }[];

beforeEach(() => {
  store = new CommandStore();
  kept = [];
  for (const id of ['GW', 'GW2']) {
    store.keep(deviceOf(id, { nodeType: 'gateway' }));
  }
  store.keep(deviceOf('S-1', { clientId: SUB, productId: 'p2222', nodeType: 'sub-device', gateway: 'd-GW' }));
});

const relay = gatewayMessages(() => ({
  ...store.ports,
  environment: 'test',
  products: async () => [],
  rules: async () => [{ rule: 'R', productId: 'p2222', device: '+' }],
  servicesOf: async () => 1,
  addThing: async () => undefined,
  addDevice: async () => true,
  savePresence: async () => true,
  behind: async () => [],
  keep: async (key, content) => void kept.push({ key, content: JSON.parse(content) }),
}));

let sequence = 0;
function record(gateway: string, message: unknown): KinesisStreamRecord {
  const said = { raw: Buffer.from(JSON.stringify(message)).toString('base64'), clientId: gateway, eventTime: START };
  const envelope = { ...said, topic: `/v1/devices/${gateway}/datas`, traceId: 'trace-1' };
  sequence += 1;

  return {
    kinesis: {
      partitionKey: gateway,
      sequenceNumber: String(sequence),
      data: Buffer.from(JSON.stringify(envelope)).toString('base64'),
    },
  } as KinesisStreamRecord;
}

const report = (value: number, deviceId = SUB) => ({
  devices: [{ deviceId, services: [{ serviceId: 'S', data: { value } }] }],
});

test('reports of a gateway are forwarded in their order', async () => {
  const { batchItemFailures } = await relay({ Records: [1, 2, 3].map((n) => record('d-GW', report(n))) });

  expect(batchItemFailures).toEqual([]);
  expect(store.published.map(({ payload }) => payload['value'])).toEqual([1, 2, 3]);
});

test('a report that AWS IoT does not take stops its gateway there, and comes again; other gateways go on', async () => {
  store.onPublish = async (_, { value }) => {
    if (value === 2) throw new TypeError('throttled');
  };
  const records = [
    record('d-GW', report(1)),
    record('d-GW', report(2)),
    record('d-GW', report(3)),
    record('d-GW2', report(4, 'd-GW2')),
  ];

  const { batchItemFailures } = await relay({ Records: records });

  expect(batchItemFailures).toEqual([{ itemIdentifier: records[1]?.kinesis.sequenceNumber }]);
  expect(store.published.map(({ payload }) => payload['value'])).not.toContain(3);
  expect(log.text()).toContain('it comes again');
});

test('what a gateway may not say is kept with its exact bytes and the reason, where operators look', async () => {
  const refused = record('d-GW2', report(7));

  expect(await relay({ Records: [refused] })).toEqual({ batchItemFailures: [] });

  expect(store.published).toEqual([]);
  expect(kept).toEqual([
    {
      key: expect.stringMatching(/^gateway-messages\/d-GW2\/\d+-[0-9a-f-]{36}\.json$/),
      content: {
        ...{
          ruleName: 'gateway-messages',
          topic: '/v1/devices/d-GW2/datas',
          cloudwatchTraceId: 'trace-1',
          clientId: 'd-GW2',
        },
        base64OriginalPayload: Buffer.from(JSON.stringify(report(7))).toString('base64'),
        failures: [{ failedAction: 'ForwardData', failedResource: SUB, errorMessage: 'not behind this gateway' }],
      },
    },
  ]);
});

test('what no rule wrote is let go, and holds up nothing', async () => {
  const broken = { kinesis: { partitionKey: 'd-GW', sequenceNumber: '0', data: 'e30=' } } as KinesisStreamRecord;

  expect(await relay({ Records: [broken, record('d-GW', report(1))] })).toEqual({ batchItemFailures: [] });
  expect(store.published).toHaveLength(1);
});
