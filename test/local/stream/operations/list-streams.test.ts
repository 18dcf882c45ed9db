import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Kinesis, kinesis } from '../kinesis.ts';

let aws: Kinesis;

beforeEach(async () => {
  aws = await kinesis();
});

afterEach(() => aws.stop());

test('streams are listed by name, page by page', async () => {
  for (const StreamName of ['b', 'c', 'a']) await aws.call('CreateStream', { StreamName, ShardCount: 1 });

  const first = await aws.call('ListStreams', { Limit: 2 });
  const second = await aws.call('ListStreams', { Limit: 2, NextToken: first.NextToken });

  expect(first).toMatchObject({ StreamNames: ['a', 'b'], HasMoreStreams: true });
  expect(second).toMatchObject({ StreamNames: ['c'], HasMoreStreams: false });
  expect(second.NextToken).toBeUndefined();
  expect((await aws.call('ListStreams', { ExclusiveStartStreamName: 'a' })).StreamNames).toEqual(['b', 'c']);
});

test('the permission is asked for no stream in particular', () => {
  expect(aws.needs('ListStreams', {})).toEqual([{ action: 'kinesis:ListStreams', resource: '*' }]);
});
