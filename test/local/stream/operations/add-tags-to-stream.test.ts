import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('tags are added to those there are, and kept', async () => {
  await aws.call('AddTagsToStream', { StreamName: 'Events', Tags: { a: '1', b: '2' } });
  await aws.call('AddTagsToStream', { StreamARN: ARN, Tags: { b: '3' } });
  await aws.restart();

  expect((await aws.call('ListTagsForStream', { StreamName: 'Events' })).Tags).toEqual([
    { Key: 'a', Value: '1' },
    { Key: 'b', Value: '3' },
  ]);
});

test('a stream has at most 50 tags', async () => {
  const Tags = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`t${index}`, '']));

  expect((await aws.refused('AddTagsToStream', { StreamName: 'Events', Tags })).code).toBe('InvalidArgumentException');
});
