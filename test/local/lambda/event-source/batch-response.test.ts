import { expect, test } from '@jest/globals';
import { batchVerdict } from '../../../../local/lambda/event-source/batch-response.ts';
import { record, records } from './records.ts';

const batch = records(5);
const failures = (...itemIdentifiers: unknown[]) => ({
  batchItemFailures: itemIdentifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

test.each<[string, unknown]>([
  ['an empty list', failures()],
  ['no list', { batchItemFailures: null }],
  ['an empty answer', {}],
  ['no answer', null],
])('%s is success', (_, payload) => {
  expect(batchVerdict(batch, { payload }, true)).toEqual({ kind: 'done' });
});

test('of several failed items the lowest counts', () => {
  const payload = failures(record(4).sequenceNumber, record(2).sequenceNumber, record(3).sequenceNumber);

  expect(batchVerdict(batch, { payload }, true)).toEqual({ kind: 'partly done', rest: batch.slice(2) });
});

test.each<[string, unknown]>([
  ['an empty identifier', failures('')],
  ['a null identifier', failures(null)],
  ['a wrong key', { batchItemFailures: [{ itemIdentifer: record(1).sequenceNumber }] }],
  ['an item that is none', { batchItemFailures: [null] }],
  ['an identifier that is not in the batch', failures(record(9).sequenceNumber)],
  ['no list at all', { batchItemFailures: 'all' }],
])('%s fails the whole batch', (_, payload) => {
  expect(batchVerdict(batch, { payload }, true)).toMatchObject({ kind: 'failed' });
});

test('without ReportBatchItemFailures the answer is not looked at', () => {
  expect(batchVerdict(batch, { payload: failures(record(2).sequenceNumber) }, false)).toEqual({ kind: 'done' });
});

test('a function error fails the whole batch, whatever it answered before', () => {
  const payload = { errorType: 'Runtime.ExitError', errorMessage: 'signal: killed' };

  expect(batchVerdict(batch, { payload, functionError: 'Unhandled' }, true)).toEqual({
    kind: 'failed',
    reason: 'Runtime.ExitError: signal: killed',
  });
});
