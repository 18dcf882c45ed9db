import './task-root.ts';
import { expect, test } from '@jest/globals';
import type { Envelope } from '../../../core/mqs/envelope.ts';
import type { ProducedTopic, PutOutcome, TopicEntry } from '../../../core/mqs/produce-messages.ts';
import { produceHandler } from '../../../functions/mqs/produce-messages.ts';
import { putRecords } from '../../../functions/shared/topic-writer.ts';
import { context, proxyEvent } from '../apic/gateway.ts';
import { awsEndpoint, awsError } from '../shared/aws-endpoint.ts';
import { logLines } from '../shared/log-lines.ts';

const log = logLines();
const aws = awsEndpoint();
const REQUEST = '56b2c6ae4a49f44b88670201eade9e05';
const ALLOWED = { verdict: 'allow', requestId: REQUEST, api: 'produce', app: 'City', bodySha256: '' };
const PLAIN: ProducedTopic = { topic: 'Events', partitionKey: 'device', filterFields: [] };
const NOW = 1_800_000_000_000;

type Put = (entries: readonly TopicEntry[]) => Promise<PutOutcome[]>;

const taken: Put = async (entries) => entries.map((_, at) => ({ shard: 'shardId-0', sequenceNumber: String(at) }));

async function produce(body: unknown, { topic = PLAIN, put = taken }: { topic?: ProducedTopic; put?: Put } = {}) {
  const entries: TopicEntry[] = [];
  const handler = produceHandler(
    { apis: [] },
    {
      ...{ topic, now: () => NOW },
      put(some) {
        entries.push(...some);

        return put(some);
      },
    },
  );
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const event = proxyEvent({ method: 'POST', target: '/topics/Events/messages', body: sent }, ALLOWED);
  const { statusCode: status, body: text } = await handler(event, context());
  const envelopes = entries.map(({ data }) => JSON.parse(data.toString()) as Envelope);

  return { status, body: JSON.parse(text), entries, envelopes };
}

const payload = ({ raw }: Envelope) => Buffer.from(raw, 'base64').toString();

test('one message is acknowledged with its place, and is stored with who sent it, when, and its trace id', async () => {
  const { status, body, entries, envelopes } = await produce('{"key":"S-1","value":{"a":12345678901234567890}}');

  expect([status, body]).toEqual([200, { traceId: `${REQUEST}-0`, partition: 'shardId-0', sequenceNumber: '0' }]);
  expect(entries.map(({ key }) => key)).toEqual(['S-1']);
  expect(envelopes[0]).toEqual({
    raw: Buffer.from('{"a":12345678901234567890}').toString('base64'),
    ...{ productId: '', deviceId: '', clientId: '', eventTime: NOW, traceId: `${REQUEST}-0`, app: 'City', key: 'S-1' },
  });
});

test('a batch answers message by message; a message that is wrong does not stop the others', async () => {
  const messages = [
    { value: { a: 1 }, key: 'k' },
    { value: 'aGk', encoding: 'base64' },
    { value: 'text ü', encoding: 'text' },
    { value: '/w==', encoding: 'base64' },
    { payload: 1 },
  ];
  const { status, body, envelopes } = await produce({ messages });

  expect(status).toBe(207);
  expect(body).toMatchObject({ topic: 'Events', written: 3, failed: 2 });
  expect(body.results).toMatchObject([
    { index: 0, sequenceNumber: '0' },
    {
      index: 1,
      error_code: 'MQS.0400',
      retryable: false,
      error_msg: expect.stringContaining('messages[1].value is not base64'),
    },
    { index: 2, sequenceNumber: '1', traceId: `${REQUEST}-2` },
    { index: 3, sequenceNumber: '2' },
    {
      index: 4,
      error_code: 'MQS.0400',
      error_msg: 'messages[4].payload is not known: allowed are value, key, encoding.',
    },
  ]);
  expect(envelopes.map(({ raw }) => raw)).toEqual(
    ['{"a":1}', 'text ü', '\xff'].map((text, at) => Buffer.from(text, at === 2 ? 'latin1' : 'utf8').toString('base64')),
  );
  expect(envelopes[1]).not.toHaveProperty('key');
});

test('a partition that takes no more is said for its messages, to be sent again', async () => {
  const put: Put = async (entries) =>
    entries.map((_, at) =>
      at === 1
        ? { error: 'ProvisionedThroughputExceededException', message: 'Rate exceeded for shard shardId-0 in stream x' }
        : { shard: 'shardId-0', sequenceNumber: String(at) },
    );
  const { status, body } = await produce({ messages: [{ value: 1 }, { value: 2 }, { value: 3 }] }, { put });

  expect([status, body.written, body.failed]).toEqual([207, 2, 1]);
  expect(body.results[1]).toMatchObject({ index: 1, error_code: 'MQS.0429', retryable: true });
  expect(JSON.stringify(body)).not.toContain('stream x');
});

test.each([
  ['ProvisionedThroughputExceededException', false, 429, 'MQS.0429'],
  ['InternalFailure', false, 503, 'MQS.0503'],
  ['NoAnswer', true, 504, 'MQS.0504'],
])('when none is taken the call fails: %s', async (error, unsure, status, code) => {
  const put: Put = async (entries) =>
    entries.map(() => ({ error, message: 'private', ...(unsure && { unsure: true }) }));
  const batch = await produce({ messages: [{ value: 1 }] }, { put });
  const single = await produce({ value: 1 }, { put });

  expect(batch).toMatchObject({ status, body: { error_code: code, request_id: REQUEST, written: 0, failed: 1 } });
  expect(single).toMatchObject({ status, body: { error_code: code, request_id: REQUEST } });
  expect(JSON.stringify([batch.body, single.body])).not.toContain('private');
});

test.each([
  ['no JSON', 'nothing'],
  ['a list', '[1]'],
  ['bytes that are no UTF-8', Uint8Array.from([0x7b, 0xff, 0x7d])],
  ['no messages', { messages: [] }],
  ['messages that are no list', { messages: {} }],
  ['more than 500', { messages: Array.from({ length: 501 }, () => ({ value: 1 })) }],
  ['something beside messages', { messages: [{ value: 1 }], topic: 'x' }],
  ['nothing', ''],
])('a body that is %s is refused whole', async (_, body) => {
  const { status, body: answer, entries } = await produce(body);

  expect([status, answer.error_code]).toEqual([400, 'APIC.0201']);
  expect(entries).toEqual([]);
});

test.each<[string, unknown, string]>([
  ['no value', {}, 'value is missing'],
  ['a number where a text is', { value: 1, encoding: 'text' }, 'must be a text with encoding text'],
  ['half a surrogate pair', '{"value":"\\ud800","encoding":"text"}', 'surrogate'],
  ['an unknown encoding', { value: 1, encoding: 'xml' }, 'encoding must be one of json, text, base64'],
  ['an empty key', { value: 1, key: '' }, 'key must be a text of 1 to 256'],
  ['a long key', { value: 1, key: 'x'.repeat(257) }, 'key must be a text of 1 to 256'],
])('%s is refused', async (_, message, why) => {
  expect(await produce(message)).toMatchObject({
    status: 400,
    body: { error_code: 'MQS.0400', error_msg: expect.stringContaining(why) },
  });
});

test('the largest message fits, and one byte more is refused with how many do', async () => {
  const refused = await produce({ value: 'x'.repeat(800_000), encoding: 'text', key: 'ü' });
  expect(refused).toMatchObject({ status: 413, body: { error_code: 'MQS.0413' } });
  const most = Number(/and (\d+) fit/.exec(refused.body.error_msg)?.[1]);

  const fits = await produce({ value: 'x'.repeat(most), encoding: 'text', key: 'ü' });
  expect(fits.status).toBe(200);
  const size = (fits.entries[0]?.data.length ?? 0) + Buffer.byteLength('ü');
  expect(size).toBeLessThanOrEqual(1_048_576);
  expect(size).toBeGreaterThan(1_048_576 - 8);
  expect((await produce({ value: 'x'.repeat(most + 3), encoding: 'text', key: 'ü' })).status).toBe(413);
});

test('fields are masked before anything is stored, whatever the encoding; what is not JSON is not taken', async () => {
  const topic: ProducedTopic = { topic: 'Visits', partitionKey: { field: 'gate' }, filterFields: ['plate'] };
  const secret = 'B-SECRET-1';
  const value = { gate: 'G-1', plate: secret };
  const messages = [
    { value },
    { value: JSON.stringify(value), encoding: 'text' },
    { value: Buffer.from(JSON.stringify(value)).toString('base64'), encoding: 'base64' },
    { value: `plate ${secret}`, encoding: 'text' },
  ];
  const { body, entries, envelopes } = await produce({ messages }, { topic });

  expect(body.results.map(({ error_code }: { error_code?: string }) => error_code)).toEqual([
    ...[undefined, undefined, undefined, 'MQS.0422'],
  ]);
  expect(envelopes.map(payload)).toEqual(Array(3).fill('{"gate":"G-1","plate":"***"}'));
  expect(entries.map(({ key }) => key)).toEqual(['G-1', 'G-1', 'G-1']);
  expect(JSON.stringify(body) + log.text()).not.toContain(secret);
});

test('the stream is asked once; what it says of each is told, and a refusal is every record’s', async () => {
  const entries = [1, 2].map((at) => ({ data: Buffer.from(`${at}`), key: `k${at}` }));
  aws.reply = () => ({
    body: {
      Records: [
        { ShardId: 's', SequenceNumber: '7' },
        { ErrorCode: 'InternalFailure', ErrorMessage: 'x' },
      ],
    },
  });
  expect(await putRecords('stream', entries)).toEqual([
    { shard: 's', sequenceNumber: '7' },
    { error: 'InternalFailure', message: 'x' },
  ]);
  expect(aws.requests).toMatchObject([
    { operation: 'PutRecords', body: { StreamName: 'stream', Records: [{ Data: 'MQ==', PartitionKey: 'k1' }, {}] } },
  ]);

  aws.reply = () => awsError('ProvisionedThroughputExceededException', 'slow down');
  expect(await putRecords('stream', entries)).toMatchObject([{ error: 'ProvisionedThroughputExceededException' }, {}]);
  aws.reply = () => awsError('InternalFailure', 'oh', 500);
  expect(await putRecords('stream', entries)).toMatchObject([{ unsure: true }, { unsure: true }]);
  expect(aws.requests).toHaveLength(3);
});
