import { expect, test } from '@jest/globals';
import { isAtLeast, logLine } from '../../../core/platform/log-line.ts';

test('a line of ours is told by its fields', () => {
  const text = '{"level":"WARN","time":"2026-04-01T12:00:00.000Z","message":"batch","read":5,"error":{"name":"E"}}';

  expect(logLine(text)).toEqual({
    ...{ level: 'warn', time: '2026-04-01T12:00:00.000Z', message: 'batch' },
    fields: { read: 5, error: { name: 'E' } },
  });
});

test.each([
  ['START RequestId: 1 Version: $LATEST', 'debug'],
  ['REPORT RequestId: 1 Duration: 5 ms', 'debug'],
  ['2026-04-01T12:00:00Z 1 Task timed out after 60.00 seconds', 'error'],
  ['RequestId: 1 Error: Runtime exited with error: signal: killed', 'error'],
  ['TypeError: x is not a function', 'error'],
  ['whatever a library prints', 'info'],
  ['{"level":"STRANGE","message":7}', 'info'],
  ['{not json', 'info'],
  ['', 'info'],
])('%j is a line of level %s', (text, level) => {
  expect(logLine(text).level).toBe(level);
});

test('each level counts itself and what is more urgent', () => {
  expect((['debug', 'info', 'warn', 'error'] as const).filter((level) => isAtLeast(level, 'warn'))).toEqual([
    'warn',
    'error',
  ]);
});
