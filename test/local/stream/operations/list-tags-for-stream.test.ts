import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('tags are listed by key, page by page', async () => {
  await aws.call('AddTagsToStream', { StreamName: 'Events', Tags: { c: '3', a: '1', b: '2' } });

  expect(await aws.call('ListTagsForStream', { StreamARN: ARN, Limit: 2 })).toEqual({
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ],
    HasMoreTags: true,
  });
  expect(await aws.call('ListTagsForStream', { StreamName: 'Events', ExclusiveStartTagKey: 'b' })).toEqual({
    Tags: [{ Key: 'c', Value: '3' }],
    HasMoreTags: false,
  });
});
