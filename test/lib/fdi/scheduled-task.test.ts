import { expect, test } from '@jest/globals';
import { ScheduledTask, type ScheduledTaskProps } from '../../../lib/fdi/scheduled-task.ts';
import { onlyResource, resourcesOf, sandbox, tableOf } from '../sandbox.ts';

function scheduled(changes: Partial<ScheduledTaskProps> = {}) {
  const box = sandbox();
  const table = tableOf(box);
  new ScheduledTask(box.stack, 'Nightly', {
    app: box.owner,
    source: { table, increment: { column: 'Id' } },
    target: { table, write: 'upsert', keys: ['Id'] },
    ...changes,
  });

  return box;
}

test('a schedule is the scheduler’s cron in the time zone of the task; without one it runs when it is asked to', () => {
  const { stack } = scheduled({ schedule: { every: { minutes: 5 }, timeZone: 'Europe/Berlin' } });
  const { Properties } = onlyResource(stack, 'AWS::Scheduler::Schedule');

  expect(Properties).toMatchObject({ ScheduleExpressionTimezone: 'Europe/Berlin' });
  expect(Properties['ScheduleExpression']).toMatch(/^cron\(.*\/5/);
  expect(resourcesOf(scheduled().stack, 'AWS::Scheduler::Schedule')).toEqual({});
});

test.each<[string, Partial<ScheduledTaskProps>, string]>([
  ['a computed column', { mapping: [{ column: 'Id', expression: '1' }] }, 'its own SQL computes'],
  ['a page of nothing', { pageSize: 0 }, 'pageSize'],
])('%s is refused by name', (_, changes, message) => {
  expect(() => scheduled(changes)).toThrow(message);
});
