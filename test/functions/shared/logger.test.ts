import { expect, test } from '@jest/globals';
import { Refusal } from '../../../core/errors.ts';
import { logger } from '../../../functions/shared/logger.ts';
import { logLines } from './log-lines.ts';

const log = logLines();

test('a line is one JSON object with level, time, message and fields', () => {
  logger.info('two\nlines', { rows: 3, big: 2n ** 64n });

  expect(log.text()).toMatch(/^[^\n]+\n$/);
  expect(log.all()).toEqual([
    {
      level: 'INFO',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      message: 'two\nlines',
      rows: 3,
      big: '18446744073709551616',
    },
  ]);
});

test('a child adds its fields to each line, and a line may override them', () => {
  const child = logger.child({ requestId: 'a' }).child({ api: 'free' });
  child.warn('one');
  child.error('two', { api: 'other' });

  expect(log.all()).toMatchObject([
    { level: 'WARN', requestId: 'a', api: 'free' },
    { level: 'ERROR', requestId: 'a', api: 'other' },
  ]);
});

test('an error is written with all that is needed to find its cause', () => {
  const cause = new TypeError('inner');
  logger.error('failed', { error: new Refusal('APIC.0202', { cause, detail: { table: 't' } }) });

  expect(log.all()).toMatchObject([
    {
      error: {
        name: 'Refusal',
        message: 'Backend unavailable.',
        stack: expect.stringContaining('logger.test'),
        detail: { table: 't' },
        cause: { name: 'TypeError', message: 'inner' },
      },
    },
  ]);
});
