import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { brokersOf, checkBroker, isLoopback } from '../../../core/fdi/kafka-broker.ts';
import { groupAfterReset, isSameFeed, type KafkaFeed } from '../../../core/fdi/kafka-feed.ts';
import { kafkaStreamRecord } from '../../../core/fdi/kafka-record.ts';

const FEED: KafkaFeed = {
  topic: 'rows',
  brokers: ['a:9092', 'b:9092'],
  access: [],
  group: 'causeway.production.Rows',
  pollers: { min: 1, max: 10 },
};

test.each(['kafka-1.example.com:9096', '10.0.0.7:9092', '[2001:db8::1]:9092', 'kafka_1:1', 'localhost:65535'])(
  '%s is a broker',
  (broker) => {
    expect(() => checkBroker(broker, 'brokers')).not.toThrow();
  },
);

test.each([
  '',
  'kafka',
  'kafka:',
  ':9092',
  'kafka:0',
  'kafka:65536',
  'kafka:9092/topic',
  'https://kafka:9092',
  'a b:1',
])('%j is no broker, and the refusal says what one looks like', (broker) => {
  expect(() => checkBroker(broker, 'brokers')).toThrow(/brokers: received .*host:port/);
});

test.each(['169.254.169.254:80', '[fe80::1]:9092'])('%s is refused: no broker has an address there', (broker) => {
  expect(() => checkBroker(broker, 'brokers')).toThrow(/metadata/);
});

test('addresses of the machine itself are told from others', () => {
  expect(['localhost:1', '127.0.0.1:9092', '127.8.8.8:1', '[::1]:9092'].map(isLoopback)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['localhost.example:1', '128.0.0.1:1', '10.0.0.1:127'].map(isLoopback)).toEqual([false, false, false]);
});

test('a list of brokers may have spaces and a comma at its end', () => {
  expect(brokersOf(' a:1, b:2 ,', 'KAFKA_BROKERS')).toEqual(['a:1', 'b:2']);
  expect(() => brokersOf('a:1,b', 'KAFKA_BROKERS')).toThrow(/KAFKA_BROKERS: received "b"/);
});

test('a mapping is replaced only for what cannot be changed in it', () => {
  expect(isSameFeed(FEED, { ...FEED, access: [{ type: 'BASIC_AUTH', uri: 'arn' }], pollers: { min: 2, max: 4 } })).toBe(
    true,
  );
  const { pollers: _, ...onDemand } = FEED;
  for (const other of [
    { ...FEED, brokers: ['c:1'] },
    { ...FEED, group: 'other' },
    { ...FEED, topic: 'other' },
    onDemand,
  ]) {
    expect(isSameFeed(FEED, other)).toBe(false);
  }
  expect(isSameFeed(undefined, undefined)).toBe(true);
});

test('who is set back gets a group that begins like the one before', () => {
  expect(groupAfterReset('causeway.production.Rows', 12)).toBe('causeway.production.Rows.12');
});

test('any value, key and offset survive the way into the record that tasks read', () => {
  const parts = fc.record({ value: fc.uint8Array(), key: fc.string({ unit: 'grapheme' }), offset: fc.maxSafeNat() });
  fc.assert(
    fc.property(parts, ({ value, key, offset }) => {
      const raw = Buffer.from(value).toString('base64');
      const text = Buffer.from(key).toString('base64');
      const record = { topic: 'rows', partition: 3, offset, timestamp: 5, key: text, value: raw };

      expect(kafkaStreamRecord(record)).toEqual({
        kinesis: { data: raw, sequenceNumber: String(offset), partitionKey: Buffer.from(key).toString() },
        envelope: expect.objectContaining({ raw, eventTime: 5, traceId: `rows-3-${offset}` }),
      });
    }),
  );
});
