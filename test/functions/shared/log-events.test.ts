import { expect, test } from '@jest/globals';
import { logEvents } from '../../../functions/shared/log-events.ts';
import { awsEndpoint, awsError } from './aws-endpoint.ts';

const aws = awsEndpoint();

test('a page of events is asked for from a time on, and where the one before ended', async () => {
  aws.reply = () => ({
    body: { events: [{ eventId: '7', timestamp: 1000, message: 'line\n' }], nextToken: 'more' },
  });

  expect(await logEvents({ group: 'Group', since: 500, limit: 10, next: 'token' })).toEqual({
    events: [{ id: '7', time: 1000, text: 'line\n' }],
    next: 'more',
  });
  expect(aws.requests[0]).toMatchObject({
    operation: 'FilterLogEvents',
    body: { logGroupName: 'Group', startTime: 500, limit: 10, nextToken: 'token' },
  });
});

test('a group that nobody has logged into yet has no events; other refusals are passed on', async () => {
  aws.reply = () => awsError('ResourceNotFoundException', 'The specified log group does not exist.');
  expect(await logEvents({ group: 'Group', since: 0, limit: 1 })).toEqual({ events: [] });

  aws.reply = () => awsError('AccessDeniedException', 'not authorized to perform: logs:FilterLogEvents');
  await expect(logEvents({ group: 'Group', since: 0, limit: 1 })).rejects.toThrow('not authorized');
});
