import { expect, test } from '@jest/globals';
import { embeddedMetrics } from '../../../local/metrics/embedded-metrics.ts';

const LINE = {
  message: 'ledger',
  Task: 'History',
  Environment: 'test',
  LedgerDifference: 3,
  _aws: {
    Timestamp: 1_700_000_000_000,
    CloudWatchMetrics: [
      {
        Namespace: 'Causeway',
        Dimensions: [['Environment', 'Task'], ['Environment']],
        Metrics: [{ Name: 'LedgerDifference' }],
      },
    ],
  },
};

test('a line in the embedded metric format is its metrics, once for every set of dimensions', () => {
  expect(embeddedMetrics(JSON.stringify(LINE))).toEqual([
    {
      metric: { namespace: 'Causeway', name: 'LedgerDifference', dimensions: { Environment: 'test', Task: 'History' } },
      values: [3],
      at: 1_700_000_000_000,
    },
    expect.objectContaining({ metric: expect.objectContaining({ dimensions: { Environment: 'test' } }) }),
  ]);
});

test.each([
  ['plain text', 'hello'],
  ['JSON without the member', '{"_aws":1}'],
  ['text that only looks like it', '{"CloudWatchMetrics"'],
  ['no time stamp', JSON.stringify({ ...LINE, _aws: { ...LINE._aws, Timestamp: undefined } })],
])('%s is none', (_, line) => {
  expect(embeddedMetrics(line)).toEqual([]);
});
