import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
  await aws.call('CreateStream', { StreamName: 'Events', ShardCount: 1 });
});

afterEach(() => aws.stop());

test('the named tags go, the others stay', async () => {
  await aws.call('AddTagsToStream', { StreamName: 'Events', Tags: { a: '1', b: '2' } });
  await aws.call('RemoveTagsFromStream', { StreamARN: ARN, TagKeys: ['a', 'unknown'] });

  expect((await aws.call('ListTagsForStream', { StreamName: 'Events' })).Tags).toEqual([{ Key: 'b', Value: '2' }]);
});
