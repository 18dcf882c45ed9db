import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { EngineHost, Invocation, SchedulerEngine } from '../../../local/engines.ts';
import { AwsError } from '../../../local/errors.ts';
import { createSchedulerEngine } from '../../../local/scheduler/engine.ts';
import { scheduleExpression } from '../../../local/scheduler/schedule.ts';

const ROLE = 'arn:aws:iam::000000000000:role/Clock';
const TARGET = 'arn:aws:lambda:us-east-1:000000000000:function:Keep';
const ARN = 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/Minutes';
let calls: { target: string; event: unknown }[];
let asked: string[];
let denied: boolean;
let answer: Invocation;
let engine: SchedulerEngine;

beforeEach(async () => {
  jest.useFakeTimers({ now: Date.parse('2026-11-24T08:00:30Z') });
  [calls, asked, denied, answer] = [[], [], false, { payload: null }];
  const engines = {
    iam: {
      assume: (role: string, service: string) => asked.push(`${service} takes ${role}`),
      authorize(_: unknown, action: string, resource: string) {
        if (denied) throw new AwsError('AccessDeniedException', 'no');
        asked.push(`${action} ${resource}`);
      },
    },
    lambda: {
      async invoke(target: string, event: unknown) {
        calls.push({ target, event });
        return answer;
      },
    },
  };
  const log = { info() {}, warn() {}, error() {}, line() {} };
  engine = createSchedulerEngine({ logs: () => log, engines } as unknown as EngineHost);
  await engine.open?.();
});

afterEach(async () => {
  await engine.stop();
  jest.useRealTimers();
});

function apply(more: { enabled?: boolean; input?: string } = {}): void {
  const { enabled = true, input } = more;
  engine.apply({
    name: 'Minutes',
    arn: ARN,
    expression: scheduleExpression('rate(1 minute)'),
    enabled,
    target: { arn: TARGET, roleArn: ROLE, ...(input !== undefined && { input }) },
  });
}

test('a function is called when it is due, with the role of the schedule and the event of AWS', async () => {
  apply();
  await jest.advanceTimersByTimeAsync(150_000);

  expect(calls).toHaveLength(3);
  expect(calls[0]).toMatchObject({
    target: TARGET,
    event: { 'detail-type': 'Scheduled Event', time: '2026-11-24T08:01:00Z', resources: [ARN] },
  });
  expect(asked.slice(0, 2)).toEqual([`scheduler.amazonaws.com takes ${ROLE}`, `lambda:InvokeFunction ${TARGET}`]);
});

test('an input of its own is the event', async () => {
  apply({ input: '{"all":true}' });
  await jest.advanceTimersByTimeAsync(30_000);

  expect(calls).toEqual([{ target: TARGET, event: { all: true } }]);
});

test('a disabled schedule, a removed one and a role without the right call nothing', async () => {
  apply({ enabled: false });
  await jest.advanceTimersByTimeAsync(60_000);
  apply();
  denied = true;
  await jest.advanceTimersByTimeAsync(60_000);
  engine.remove('Minutes');
  await jest.advanceTimersByTimeAsync(300_000);

  expect(calls).toEqual([]);
});

test('a function that fails is called again after one minute and after two more', async () => {
  answer = { payload: { errorMessage: 'no' }, functionError: 'Unhandled' };
  apply({ input: '1' });
  await jest.advanceTimersByTimeAsync(30_000);
  engine.remove('Minutes');
  await jest.advanceTimersByTimeAsync(59_000);
  const early = calls.length;
  await jest.advanceTimersByTimeAsync(600_000);

  expect([early, calls.length]).toEqual([1, 3]);
});

test('nothing is left after the stop', async () => {
  apply();
  await engine.stop();

  expect(jest.getTimerCount()).toBe(0);
});
