import { expect, test } from '@jest/globals';
import { type AlarmDefinition, evaluateAlarm } from '../../../local/metrics/evaluate-alarm.ts';
import { MINUTE, single } from '../../../local/metrics/metric.ts';

const NOW = 1000 * MINUTE + 30_000;
const BEFORE = { state: 'OK', reason: 'before' } as const;
const ALARM: AlarmDefinition = {
  name: 'a',
  description: '',
  metric: { namespace: 'n', name: 'm', dimensions: {} },
  statistic: 'Maximum',
  period: 60,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 5,
  comparison: 'GreaterThanThreshold',
  missingData: 'notBreaching',
};

/** Values of the last minutes, the newest first; `undefined` for a minute without one. */
function stateOf(values: readonly (number | undefined)[], more: Partial<AlarmDefinition> = {}): string {
  const minutes = values.flatMap((value, back) =>
    value === undefined ? [] : [[(999 - back) * MINUTE, single(value)] as const],
  );

  return evaluateAlarm({ ...ALARM, ...more }, new Map(minutes), NOW, BEFORE).state;
}

test('as many breaching periods as asked for, in a row, are an alarm', () => {
  expect(stateOf([6, 6, 6])).toBe('ALARM');
  expect(stateOf([6, 6, 5])).toBe('OK');
  expect(stateOf([6, 1, 6], { datapointsToAlarm: 2 })).toBe('ALARM');
});

test('the minute that is not over does not count', () => {
  const running = new Map([[1000 * MINUTE, single(9)]]);

  expect(evaluateAlarm({ ...ALARM, evaluationPeriods: 1, datapointsToAlarm: 1 }, running, NOW, BEFORE).state).toBe(
    'OK',
  );
});

test.each([
  ['notBreaching', 'OK'],
  ['breaching', 'ALARM'],
  ['missing', 'INSUFFICIENT_DATA'],
  ['ignore', 'OK'],
] as const)('without any data, %s means %s', (missingData, state) => {
  expect(stateOf([], { missingData })).toBe(state);
});

test.each([
  ['GreaterThanThreshold', 'OK'],
  ['GreaterThanOrEqualToThreshold', 'ALARM'],
  ['LessThanThreshold', 'OK'],
  ['LessThanOrEqualToThreshold', 'ALARM'],
] as const)('at the threshold, %s is %s', (comparison, state) => {
  expect(stateOf([5, 5, 5], { comparison })).toBe(state);
});

test('a period of several minutes is one value', () => {
  const sum = { statistic: 'Sum', period: 300, evaluationPeriods: 1, datapointsToAlarm: 1 } as const;

  expect(stateOf([2, 2, undefined, 1, 1], sum)).toBe('ALARM');
  expect(stateOf([2, 2, undefined, 1, undefined, 9], sum)).toBe('OK');
});
