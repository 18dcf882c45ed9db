import { beforeEach, expect, test } from '@jest/globals';
import { boolean, database, double, long, text } from '../../../functions/shared/database.ts';
import { awsEndpoint, awsError } from './aws-endpoint.ts';

const aws = awsEndpoint();
const SOURCE = { resourceArn: 'arn:cluster', secretArn: 'arn:secret' };
Object.assign(process.env, {
  DATABASE_CLUSTER_ARN: SOURCE.resourceArn,
  DATABASE_SECRET_ARN: SOURCE.secretArn,
  DATABASE_NAME: 'integration',
});

beforeEach(() => {
  aws.reply = () => ({ body: {} });
});

const sent = () => aws.requests.map(({ path, body }) => [path, body]);

test('a statement is sent to the cluster of the environment, as its user', async () => {
  aws.reply = () => ({ body: { numberOfRecordsUpdated: 3 } });

  expect(await database().execute('DELETE FROM t WHERE a = :a', [text('a', 'x')])).toMatchObject({
    updated: 3,
    rows: [],
    records: [],
  });
  expect(sent()).toEqual([
    [
      '/Execute',
      {
        ...SOURCE,
        database: 'integration',
        sql: 'DELETE FROM t WHERE a = :a',
        parameters: [{ name: 'a', value: { stringValue: 'x' } }],
      },
    ],
  ]);
});

test('options ask for rows, for columns, for a transaction, for patience', async () => {
  aws.reply = () => ({
    body: { formattedRecords: '[{"a":1}]', records: [[{ longValue: 1 }]], columnMetadata: [{ label: 'a' }] },
  });

  const answer = await database().execute('SELECT 1 AS a', [], {
    json: true,
    metadata: true,
    transactionId: 't1',
    continueAfterTimeout: true,
  });

  expect(answer).toEqual({ updated: 0, rows: [{ a: 1 }], records: [[{ longValue: 1 }]], columns: [{ label: 'a' }] });
  expect(aws.requests[0]?.body).toMatchObject({
    formatRecordsAs: 'JSON',
    includeResultMetadata: true,
    transactionId: 't1',
    continueAfterTimeout: true,
  });
});

test('a transaction is begun in the database, committed and rolled back by its id', async () => {
  aws.reply = () => ({ body: { transactionId: 't1' } });
  const id = await database().begin();
  await database().commit(id);
  await database().rollback(id);

  expect(sent()).toEqual([
    ['/BeginTransaction', { ...SOURCE, database: 'integration' }],
    ['/CommitTransaction', { ...SOURCE, transactionId: 't1' }],
    ['/RollbackTransaction', { ...SOURCE, transactionId: 't1' }],
  ]);
});

test('a cluster that resumes is asked again', async () => {
  const replies = [awsError('DatabaseResumingException', 'wait a few seconds')];
  aws.reply = () => replies.shift() ?? { body: { transactionId: 't1' } };

  expect(await database().begin()).toBe('t1');
  expect(aws.requests).toHaveLength(2);
});

test('who asks at once is told that a cluster resumes', async () => {
  aws.reply = () => awsError('DatabaseResumingException', 'wait a few seconds');

  await expect(database().execute('SELECT 1', [], { atOnce: true })).rejects.toMatchObject({
    name: 'DatabaseResumingException',
  });
  expect(aws.requests).toHaveLength(1);
});

test('any other refusal is not: the statement may have run', async () => {
  aws.reply = () => awsError('InternalServerErrorException', 'odd', 500);

  await expect(database().execute('INSERT INTO t VALUES (1)')).rejects.toMatchObject({
    name: 'InternalServerErrorException',
  });
  expect(aws.requests).toHaveLength(1);
});

test('parameters are typed, and nothing is NULL', () => {
  expect([text('a', ''), long('b', 1), double('c', 0.5), boolean('d', false)]).toEqual([
    { name: 'a', value: { stringValue: '' } },
    { name: 'b', value: { longValue: 1 } },
    { name: 'c', value: { doubleValue: 0.5 } },
    { name: 'd', value: { booleanValue: false } },
  ]);
  for (const parameter of [text, long, double, boolean]) {
    expect(parameter('x', null)).toEqual({ name: 'x', value: { isNull: true } });
  }
});
