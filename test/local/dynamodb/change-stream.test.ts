import { beforeEach, expect, test } from '@jest/globals';
import { ChangeStreams, type TableChange } from '../../../local/dynamodb/change-stream.ts';
import type { Dynalite } from '../../../local/dynamodb/dynalite.ts';
import { tableOfStream, tableStreamArn } from '../../../local/dynamodb/table-stream.ts';
import { kinesisEvent } from '../../../local/lambda/event-source/kinesis-event.ts';

type Document = Record<string, unknown>;
const item = (id: string, n?: number) => ({ id: { S: id }, ...(n !== undefined && { n: { N: String(n) } }) });
let items: Map<string, Document>;
let changes: TableChange[];
let streams: ChangeStreams;

beforeEach(async () => {
  items = new Map();
  changes = [];
  const keyOf = (input: Document) => ((input['Key'] ?? input['Item']) as { id: { S: string } }).id.S;
  const dynalite = {
    async call(operation: string, input: Document): Promise<Document> {
      await new Promise((done) => setImmediate(done));
      const key = keyOf(input);
      if (operation === 'PutItem') items.set(key, input['Item'] as Document);
      if (operation === 'DeleteItem') items.delete(key);
      const found = items.get(key);
      return operation === 'GetItem' && found !== undefined ? { Item: found } : {};
    },
  } as unknown as Dynalite;
  streams = new ChangeStreams(dynalite, () => ({
    apply: async ({ name }) => ({ name, arn: '' }),
    remove: async () => undefined,
    put: async (_, { data }) => {
      changes.push(JSON.parse(data.toString()));
      return { shardId: 's', sequenceNumber: '1' };
    },
  }));
  await streams.enable('Things', ['id']);
});

test('what is put, changed and deleted is in the stream in its order, with the images before and after', async () => {
  await Promise.all([
    streams.call('PutItem', { TableName: 'Things', Item: item('a', 1) }),
    streams.call('PutItem', { TableName: 'Things', Item: item('a', 2) }),
    streams.call('DeleteItem', { TableName: 'Things', Key: item('a') }),
  ]);

  expect(changes).toEqual([
    { eventName: 'INSERT', keys: item('a'), newImage: item('a', 1) },
    { eventName: 'MODIFY', keys: item('a'), oldImage: item('a', 1), newImage: item('a', 2) },
    { eventName: 'REMOVE', keys: item('a'), oldImage: item('a', 2) },
  ]);
});

test('a write that changes nothing, and one of another table, is not in it', async () => {
  await streams.call('PutItem', { TableName: 'Things', Item: item('a', 1) });
  await streams.call('PutItem', { TableName: 'Things', Item: item('a', 1) });
  await streams.call('DeleteItem', { TableName: 'Things', Key: item('b') });
  await streams.call('PutItem', { TableName: 'Others', Item: item('a', 1) });

  expect(changes).toHaveLength(1);
});

test('many writes at once are refused where the table has a stream', () => {
  expect(() => streams.call('BatchWriteItem', { RequestItems: { Things: [] } })).toThrow(
    'BatchWriteItem is not run locally',
  );
});

test('a function gets changes as Lambda sends them', () => {
  const streamArn = tableStreamArn('Things');
  const change: TableChange = { eventName: 'INSERT', keys: item('a'), newImage: item('a', 1) };
  const record = {
    ...{ sequenceNumber: '7', partitionKey: 'p', approximateArrivalTimestamp: 1500 },
    data: Buffer.from(JSON.stringify(change)),
  };

  expect(tableOfStream(streamArn)).toBe('Things');
  expect(kinesisEvent({ streamArn, shardId: 's', roleArn: 'r' }, [record])).toEqual({
    Records: [
      {
        ...{ eventID: expect.stringMatching(/^[0-9a-f]{32}$/), eventName: 'INSERT', eventVersion: '1.1' },
        ...{ eventSource: 'aws:dynamodb', awsRegion: expect.any(String), eventSourceARN: streamArn },
        dynamodb: {
          ...{ ApproximateCreationDateTime: 1, Keys: item('a'), NewImage: item('a', 1), SequenceNumber: '7' },
          ...{ SizeBytes: expect.any(Number), StreamViewType: 'NEW_AND_OLD_IMAGES' },
        },
      },
    ],
  });
});
