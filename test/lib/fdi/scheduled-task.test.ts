import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Annotations } from 'aws-cdk-lib/assertions';
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

test('a source that is followed has a call each minute, a smaller function, and a start that calls it; what it costs is said', () => {
  const { stack } = scheduled({ schedule: { every: { seconds: 5 } } });

  expect(onlyResource(stack, 'AWS::Scheduler::Schedule').Properties).toMatchObject({
    ScheduleExpression: 'cron(* * * * ? *)',
  });
  const runner = Object.values(resourcesOf(stack, 'AWS::Lambda::Function')).find(({ Properties }) =>
    String(Properties['Description']).startsWith('Runs the task'),
  );
  expect(runner?.Properties).toMatchObject({ MemorySize: 512, Timeout: 900 });
  Annotations.fromStack(stack).hasInfo(
    '*',
    'Nightly: following its source costs about $18 a month while it is started',
  );
});

const following = { schedule: { every: { seconds: 5 } } };

test.each<[string, Partial<ScheduledTaskProps>, string]>([
  ['to follow a source without an increment', { ...following, source: { table: 'rows' } }, 'source.increment'],
  ['a run that waits where none is waited for', { ...following, overlap: 'wait' }, '`skip`'],
  ['an end of what has none', { ...following, after: [{ sql: 'SELECT 1' }] }, 'has no end'],
  ['less time than a minute and a run', { ...following, attempt: Duration.minutes(1) }, 'attempt'],
  ['a computed column', { mapping: [{ column: 'Id', expression: '1' }] }, 'its own SQL computes'],
  ['a page of nothing', { pageSize: 0 }, 'pageSize'],
])('%s is refused by name', (_, changes, message) => {
  expect(() => scheduled(changes)).toThrow(message);
});
