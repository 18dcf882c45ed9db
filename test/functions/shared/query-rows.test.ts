import { beforeAll, expect, test } from '@jest/globals';
import { queryRows } from '../../../functions/shared/query-rows.ts';
import { type AwsReply, awsEndpoint, awsError } from './aws-endpoint.ts';

const aws = awsEndpoint();
const STATEMENT = { sql: 'select :p0', parameters: [{ name: 'p0', value: { longValue: 1 } }] };
const RESUMING = awsError('DatabaseResumingException', 'The Aurora DB instance is resuming after being auto-paused.');

beforeAll(() => {
  Object.assign(process.env, {
    DATABASE_CLUSTER_ARN: 'arn:cluster',
    DATABASE_SECRET_ARN: 'arn:secret',
    DATABASE_NAME: 'integration',
  });
});

function replies(...list: AwsReply[]): void {
  aws.reply = () => list.shift() ?? awsError('InternalServerErrorException', 'none left', 500);
}

test('a statement runs as the user of the APIs and its rows come back as text', async () => {
  const text = '[{"n":123456789012345678901}]';
  replies({ body: { formattedRecords: text, numberOfRecordsUpdated: 0 } });

  expect(await queryRows(STATEMENT, () => 1000)).toEqual({ rows: text, affected: 0 });
  expect(aws.requests).toMatchObject([
    {
      path: '/Execute',
      body: {
        resourceArn: 'arn:cluster',
        secretArn: 'arn:secret',
        database: 'integration',
        sql: 'select :p0',
        parameters: STATEMENT.parameters,
        formatRecordsAs: 'JSON',
      },
    },
  ]);
});

test('a statement without rows says what it changed', async () => {
  replies({ body: { numberOfRecordsUpdated: 3, generatedFields: [] } });

  expect(await queryRows(STATEMENT, () => 1000)).toEqual({ rows: undefined, affected: 3 });
});

test('a resuming cluster is asked again while there is time', async () => {
  replies(RESUMING, { body: { formattedRecords: '[]' } });

  expect(await queryRows(STATEMENT, () => 5000)).toMatchObject({ rows: '[]' });
  expect(aws.requests).toHaveLength(2);
});

test('without time left a resuming cluster is the caller’s to answer for', async () => {
  replies(RESUMING, { body: { formattedRecords: '[]' } });

  await expect(queryRows(STATEMENT, () => 900)).rejects.toMatchObject({ name: 'DatabaseResumingException' });
  expect(aws.requests).toHaveLength(1);
});

test('any other failure is not tried again: the statement may have run', async () => {
  replies(awsError('InternalServerErrorException', 'who knows', 500));

  await expect(queryRows(STATEMENT, () => 5000)).rejects.toThrow('who knows');
  expect(aws.requests).toHaveLength(1);
});

test('a statement is given up when the time is over', async () => {
  const { promise: never, resolve } = Promise.withResolvers<AwsReply>();
  aws.reply = () => never;

  await expect(queryRows(STATEMENT, () => 50)).rejects.toMatchObject({ name: 'TimeoutError' });
  resolve({ body: {} });
});
