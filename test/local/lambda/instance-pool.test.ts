import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Call, Instance, Outcome } from '../../../local/lambda/instance.ts';
import { createInstancePool } from '../../../local/lambda/instance-pool.ts';

const CALL: Call = { requestId: 'r', event: '{}', invokedFunctionArn: 'arn' };
const DONE: Outcome = { payload: 'null' };

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A pool whose instances answer when they are told to. */
function pool({ maxInstances = 4 } = {}) {
  const started: { readonly working: ((outcome: Outcome) => void)[]; ended: boolean }[] = [];
  const instances = createInstancePool({
    start(onExit): Instance {
      const state = { working: [] as ((outcome: Outcome) => void)[], ended: false };
      started.push(state);

      return {
        pid: started.length,
        get usable() {
          return !state.ended;
        },
        invoke: () => new Promise((resolve) => state.working.push(resolve)),
        async stop() {
          state.ended = true;
          onExit();
        },
      };
    },
    ...{ maxInstances, eagerInstances: 2, patienceMilliseconds: 20, idleMilliseconds: 1000 },
  });

  return {
    instances,
    call: (patient: boolean) => instances.invoke(CALL, patient),
    /** How many calls each works on. */
    busy: () => started.map(({ working }) => working.length),
    finish: (at: number) => started[at]?.working.shift()?.(DONE),
    pass: (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds),
  };
}

test('a patient call waits a moment for one of few instances, and then has one of its own', async () => {
  const { call, busy, pass } = pool();
  for (let at = 0; at < 3; at += 1) void call(true);

  await pass(19);
  expect(busy()).toEqual([1, 1]);
  await pass(2);
  expect(busy()).toEqual([1, 1, 1]);
});

test('an instance that is free in time goes to the call that waits longest', async () => {
  const { call, busy, finish, pass } = pool();
  const order: number[] = [];
  const calls = [0, 1, 2, 3].map((n) => call(true).then(() => order.push(n)));

  await pass(10);
  finish(1);
  await pass(5);
  finish(1);
  finish(0);
  await pass(0);
  finish(0);
  finish(1);
  await Promise.all(calls);
  expect(order).toEqual([1, 2, 0, 3]);
  expect(busy()).toEqual([0, 0]);
});

test('other calls have an instance at once, as many as there may be; what does not fit waits', async () => {
  const { call, busy, finish, pass } = pool();
  for (let at = 0; at < 5; at += 1) void call(false);

  await pass(0);
  expect(busy()).toEqual([1, 1, 1, 1]);
  await pass(100);
  expect(busy()).toEqual([1, 1, 1, 1]);
  finish(2);
  await pass(0);
  expect(busy()).toEqual([1, 1, 1, 1]);
});

test('who lost patience while all were busy is served by the first that is free', async () => {
  const { call, busy, finish, pass } = pool({ maxInstances: 2 });
  for (let at = 0; at < 4; at += 1) void call(true);

  await pass(100);
  expect(busy()).toEqual([1, 1]);
  finish(0);
  await pass(0);
  finish(0);
  await pass(0);
  expect(busy()).toEqual([1, 1]);
});

test('an instance that had nothing to do for a while is ended, and no other', async () => {
  const { instances, call, finish, pass } = pool();
  void call(false);
  void call(false);
  await pass(0);
  finish(0);
  await pass(600);
  finish(1);
  await pass(500);
  expect(instances.pids()).toEqual([2]);
  await pass(600);
  expect(instances.pids()).toEqual([]);
});

test('who waits when the platform stops is told', async () => {
  const { instances, call, pass } = pool({ maxInstances: 1 });
  void call(true);
  const waiting = call(true);
  await pass(0);
  await Promise.all([expect(waiting).rejects.toThrow('The platform is stopping.'), instances.stop()]);
});
