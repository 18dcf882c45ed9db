import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchLength, kinesisEvent } from '../../../../local/lambda/event-source/kinesis-event.ts';
import { record, records, SOURCE } from './records.ts';

const SIX_MEGABYTES = 6 * 1024 * 1024;

test('a record looks exactly as Lambda shows it', () => {
  const data = Buffer.from([0, 255, 10]);

  expect(kinesisEvent(SOURCE, [record(7, { data })])).toEqual({
    Records: [
      {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'key-0',
          sequenceNumber: record(7).sequenceNumber,
          data: 'AP8K',
          approximateArrivalTimestamp: 1_700_000_000.13,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `shardId-000000000000:${record(7).sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::000000000000:role/Consumer',
        awsRegion: 'us-east-1',
        eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/Events',
      },
    ],
  });
});

test('a batch takes as many records as its size and 6 MB allow, and never none', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 12 });

  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 15 }), (bytes, batchSize) => {
      const waiting = bytes.map((size, index) => record(index, { data: Buffer.alloc(size), partitionKey: 'ü"' }));
      const eventBytes = (count: number) =>
        Buffer.byteLength(JSON.stringify(kinesisEvent(SOURCE, waiting.slice(0, count))));

      const length = batchLength(SOURCE, waiting, batchSize);

      expect(length).toBeGreaterThanOrEqual(1);
      expect(length).toBeLessThanOrEqual(Math.min(batchSize, waiting.length));
      if (length > 1) expect(eventBytes(length)).toBeLessThanOrEqual(SIX_MEGABYTES);
      if (length < Math.min(batchSize, waiting.length))
        expect(eventBytes(length + 1)).toBeGreaterThan(SIX_MEGABYTES - 100);
    }),
    { numRuns: 30 },
  );
});

test('small records go out by the batch size', () => {
  expect(batchLength(SOURCE, records(250), 100)).toBe(100);
});
