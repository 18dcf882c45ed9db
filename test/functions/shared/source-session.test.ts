import { expect, test } from '@jest/globals';
import { sourceSession } from '../../../functions/shared/source-session.ts';
import { awsEndpoint, awsError } from './aws-endpoint.ts';

const aws = awsEndpoint();
const TARGET = { resourceArn: 'arn:cluster', secretArn: 'arn:secret', database: 'integration' };

const session = () => sourceSession(TARGET, Date.now());

test('rows are answered as objects', async () => {
  aws.reply = () => ({ body: { formattedRecords: '[{"one":1}]' } });

  expect(await session().query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(aws.requests[0]).toMatchObject({ path: '/Execute', body: { ...TARGET, formatRecordsAs: 'JSON' } });
});

test('what is tried out is taken back, also when a statement of it failed', async () => {
  aws.reply = ({ path, body }) => {
    if (path === '/BeginTransaction') return { body: { transactionId: 'T' } };
    return body.sql === 'bad' ? awsError('DatabaseErrorException', 'denied; Error code: 1142') : { body: {} };
  };

  await session().tryOut(['good']);
  await expect(session().tryOut(['good', 'bad', 'never'])).rejects.toThrow('1142');

  expect(aws.requests.map(({ path, body }) => body.sql ?? path)).toEqual([
    ...['/BeginTransaction', 'good', '/RollbackTransaction'],
    ...['/BeginTransaction', 'good', 'bad', '/RollbackTransaction'],
  ]);
});

test('a resuming database is waited for until the deadline, then that is the answer', async () => {
  aws.reply = () => awsError('DatabaseResumingException', 'resuming');

  await expect(session().query('SELECT 1')).rejects.toMatchObject({ name: 'DatabaseResumingException' });
  expect(aws.requests).toHaveLength(1);
});
