import { expect, test } from '@jest/globals';
import { Backlog } from '../../../local/kafka/backlog.ts';
import { type KafkaRecord, kafkaEvent, MAX_EVENT_BYTES, recordBytes } from '../../../local/kafka/kafka-event.ts';

const record = (offset: number, bytes = 3, partition = offset % 2): KafkaRecord => ({
  ...{ partition, offset, timestamp: 5, key: Buffer.from('k'), value: Buffer.alloc(bytes, 120) },
  headers: [['h', Buffer.from('é')]],
});
const offsets = (batch: readonly KafkaRecord[]) => batch.map(({ offset }) => offset);
const never = new AbortController().signal;

test('a batch goes out when it is full, with records of several partitions, and leaves the rest', async () => {
  const backlog = new Backlog({ topic: 'rows', batchSize: 3, batchingWindow: 60_000 });
  backlog.add([0, 1, 2, 3].map((offset) => record(offset)));

  expect(offsets(await backlog.next(never))).toEqual([0, 1, 2]);
  expect(backlog.length).toBe(1);
});

test('a batch that is not full goes out when the window closes', async () => {
  const backlog = new Backlog({ topic: 'rows', batchSize: 100, batchingWindow: 0 });
  const batch = backlog.next(never);
  backlog.add([record(0)]);

  expect(offsets(await batch)).toEqual([0]);
});

test('an event holds no more than Lambda takes, but a record that is too large for it goes out alone', async () => {
  const backlog = new Backlog({ topic: 'rows', batchSize: 100, batchingWindow: 0 });
  const large = MAX_EVENT_BYTES / 2;
  backlog.add([record(0, large), record(1, large), record(2, MAX_EVENT_BYTES), record(3)]);

  const batches = [
    await backlog.next(never),
    await backlog.next(never),
    await backlog.next(never),
    await backlog.next(never),
  ];

  expect(batches.map(offsets)).toEqual([[0], [1], [2], [3]]);
  expect([backlog.length, backlog.bytes]).toEqual([0, 0]);
});

test('what waits is forgotten when the group is formed anew; the signal ends the waiting', async () => {
  const backlog = new Backlog({ topic: 'rows', batchSize: 1, batchingWindow: 0 });
  backlog.add([record(0)]);
  backlog.clear();
  const stop = new AbortController();
  const batch = backlog.next(stop.signal);
  stop.abort();

  expect(await batch).toEqual([]);
  expect(backlog.bytes).toBe(0);
});

test('the event is as Lambda sends it: by partition, key and value in base64, headers as numbers', () => {
  const source = { topic: 'rows', brokers: ['a:1', 'b:2'], group: 'g', access: [], provisioned: true };
  const event = kafkaEvent(source, [record(0), { ...record(1), value: null, key: null, headers: [] }]);

  expect(event).toEqual({
    eventSource: 'SelfManagedKafka',
    bootstrapServers: 'a:1,b:2',
    records: {
      'rows-0': [
        {
          ...{ topic: 'rows', partition: 0, offset: 0, timestamp: 5, timestampType: 'CREATE_TIME' },
          ...{ key: 'aw==', value: 'eHh4', headers: [{ h: [195, 169] }] },
        },
      ],
      'rows-1': [{ topic: 'rows', partition: 1, offset: 1, timestamp: 5, timestampType: 'CREATE_TIME', headers: [] }],
    },
  });
  expect(recordBytes('rows', record(0))).toBeGreaterThan(JSON.stringify(event).length / 3);
});
