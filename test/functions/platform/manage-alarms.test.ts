import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { handler } from '../../../functions/platform/manage-alarms.ts';
import { createMetricsEngine } from '../../../local/metrics/engine.ts';
import { type Endpoint, endpoint } from '../../conformance/endpoint.ts';
import { callManagement } from '../shared/management-call.ts';

let aws: Endpoint;
const before = { ...process.env };

beforeAll(async () => {
  aws = await endpoint({ metrics: createMetricsEngine });
  const { accessKeyId, secretAccessKey, sessionToken } = aws.client.credentials;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: aws.client.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    ALARM_PREFIX: 'causeway/test/',
  });
  for (const name of ['causeway/test/Lot/Task/Ledger', 'causeway/test/Lot/Task/Dead', 'causeway/other/Lot/Task/Dead']) {
    aws.host.engines.metrics.applyAlarm({
      name,
      description: 'It is wrong. What to do: docs/runbooks/ledger.md',
      metric: { namespace: 'Causeway', name: 'LedgerDifference', dimensions: {} },
      statistic: 'Maximum',
      period: 300,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      threshold: 0,
      comparison: 'GreaterThanThreshold',
      missingData: 'notBreaching',
    });
  }
});

afterAll(async () => {
  process.env = before;
  await aws?.stop();
});

const list = (query: Record<string, string> = {}) => callManagement(handler, { resource: '/alarms', query });

test('the alarms of the environment are listed, without its prefix, in pages', async () => {
  const first = await list({ limit: '1' });
  const second = await list({ limit: '1', next: String(first.body['next']) });

  expect(first.body).toMatchObject({
    items: [{ name: 'Lot/Task/Dead', state: 'INSUFFICIENT_DATA', description: expect.stringContaining('ledger.md') }],
    next: expect.any(String),
  });
  expect(second.body).toMatchObject({ items: [{ name: 'Lot/Task/Ledger' }] });
  expect(second.body).not.toHaveProperty('next');
});
