import './task-root.ts';
import { expect, test } from '@jest/globals';
import { type Envelope, encodeEnvelope } from '../../../core/mqs/envelope.ts';
import type { FailureReport } from '../../../core/mqs/mask-message.ts';
import type { PutOutcome, TopicEntry } from '../../../core/mqs/produce-messages.ts';
import { maskMessages } from '../../../functions/mqs/mask-messages.ts';
import { logLines } from '../shared/log-lines.ts';

const log = logLines();
const SECRET = 'B-SECRET-1';
const ENVELOPE: Envelope = {
  ...{ raw: '', productId: 'p1', deviceId: 'G-1', clientId: 'd1', eventTime: 1_800_000_000_000, traceId: 't-1' },
};
const base64 = (text: string) => Buffer.from(text).toString('base64');
const sent = (payload: string) => ({ ...ENVELOPE, raw: base64(payload) });
const PUT = { shard: 's', sequenceNumber: '1' };

async function handle(event: unknown, outcomes: readonly PutOutcome[] = [PUT], keeps = true) {
  const entries: TopicEntry[] = [];
  const kept = new Map<string, FailureReport>();
  const waits: number[] = [];
  const handler = maskMessages(() => ({
    topic: { topic: 'Visits', partitionKey: { field: 'gate' }, filterFields: ['plate'] },
    put: async (entry) => outcomes[entries.push(entry) - 1] ?? (outcomes.at(-1) as PutOutcome),
    keep: async (key, body) => {
      if (!keeps) throw new RangeError('no store');
      kept.set(key, JSON.parse(body) as FailureReport);
    },
    now: () => 1_800_000_000_001,
    wait: async (milliseconds) => waits.push(milliseconds),
  }));
  await handler(event);

  return { entries, kept: [...kept], waits };
}

test('a message is in the topic with its fields masked, under the key of the topic', async () => {
  const { entries, kept } = await handle(sent(`{"gate":"N","plate":"${SECRET}"}`));

  expect(entries).toEqual([{ key: 'N', data: encodeEnvelope(sent('{"gate":"N","plate":"***"}')) }]);
  expect(kept).toEqual([]);
});

test.each([
  ['no JSON', `plate ${SECRET}`],
  ['bytes', Buffer.from([0xff, 0xfe]).toString('latin1')],
])('of what cannot be masked nothing is kept but that it came: %s', async (_, payload) => {
  const event = { ...ENVELOPE, raw: Buffer.from(payload, 'latin1').toString('base64') };
  const { entries, kept } = await handle(event);

  expect(entries).toEqual([]);
  expect(kept).toMatchObject([
    [
      expect.stringMatching(/^p1\/G-1\/1800000000001-[0-9a-f-]{36}\.Visits\.json$/),
      {
        topic: 'p1/out/G-1',
        cloudwatchTraceId: 't-1',
        base64OriginalPayload: '',
        failures: [{ failedAction: 'MaskFields', errorMessage: expect.stringContaining('nothing of it is kept') }],
      },
    ],
  ]);
  expect(JSON.stringify(kept) + log.text()).not.toContain(SECRET);
});

test('a stream that is busy is asked again; one that stays so leaves the masked message to the error store', async () => {
  const busy = { error: 'ProvisionedThroughputExceededException', message: 'slow down' };
  const later = await handle(sent('{"plate":1}'), [busy, busy, PUT]);
  expect([later.entries.length, later.kept]).toEqual([3, []]);

  const never = await handle(sent(`{"gate":"N","plate":"${SECRET}"}`), [busy]);
  expect(never.waits).toEqual([100, 300, 900, 2700]);
  expect(never.kept[0]?.[1]).toMatchObject({
    base64OriginalPayload: base64('{"gate":"N","plate":"***"}'),
    failures: [{ failedAction: 'KinesisAction', errorMessage: expect.stringContaining('slow down') }],
  });
  expect(log.text()).not.toContain(SECRET);
});

test('what neither the topic nor the error store takes is tried again by Lambda', async () => {
  await expect(handle(sent('no json'), [PUT], false)).rejects.toThrow('no store');
});

test.each([
  [`{"plate":"${SECRET}"}`, base64('{"plate":"***"}'), 1],
  [`plate ${SECRET}`, '', 2],
])('a rule’s report that it failed is masked as well: %s', async (payload, expected, failures) => {
  const report: FailureReport = {
    ...{ ruleName: 'R', topic: 'p1/out/G-1', cloudwatchTraceId: 't', clientId: 'd1' },
    base64OriginalPayload: base64(payload),
    failures: [{ failedAction: 'LambdaAction', failedResource: 'arn', errorMessage: 'no' }],
  };
  const { kept } = await handle(report);

  expect(kept[0]?.[1].base64OriginalPayload).toBe(expected);
  expect(kept[0]?.[1].failures).toHaveLength(failures);
  expect(JSON.stringify(kept)).not.toContain(SECRET);
});

test('what is no message of a rule is dropped, and not repeated in the log', async () => {
  expect(await handle({ plate: SECRET })).toMatchObject({ entries: [], kept: [] });
  expect(log.text()).toContain('not a message of a rule');
  expect(log.text()).not.toContain(SECRET);
});
