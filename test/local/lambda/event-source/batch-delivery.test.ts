import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Invocation, StreamRecord } from '../../../../local/engines.ts';
import { AwsError } from '../../../../local/errors.ts';
import { deliverBatch } from '../../../../local/lambda/event-source/batch-delivery.ts';
import { batchVerdict } from '../../../../local/lambda/event-source/batch-response.ts';
import { record, records } from './records.ts';

type Retry = Parameters<typeof deliverBatch>[1] & { readonly reportItemFailures: boolean };
const FOREVER: Retry = {
  bisectOnError: false,
  maximumRecordAge: -1,
  maximumRetryAttempts: -1,
  reportItemFailures: true,
};
const FAILED: Invocation = { payload: { errorType: 'Error', errorMessage: 'no' }, functionError: 'Unhandled' };
const indexOf = ({ sequenceNumber }: StreamRecord) => Number(sequenceNumber.slice(4));

/** Delivers to a function that answers by script; what happened, in order. */
async function delivery(
  batch: readonly StreamRecord[],
  answer: (indexes: readonly number[], call: number) => Invocation,
  retry: Partial<Retry> = {},
  options: { readonly now?: number; readonly stopAfter?: number } = {},
) {
  const calls: number[][] = [];
  const finished: number[] = [];
  const discarded: { condition: string; indexes: number[]; attempts: number }[] = [];
  const pauses: number[] = [];
  const results: string[] = [];
  const halved: number[] = [];
  const { reportItemFailures, ...settings } = { ...FOREVER, ...retry };
  await deliverBatch(batch, settings, {
    verdict: (part, given) => batchVerdict(part, given, reportItemFailures),
    arrivedAt: ({ approximateArrivalTimestamp }) => approximateArrivalTimestamp,
    async invoke(part) {
      calls.push(part.map(indexOf));

      return answer(part.map(indexOf), calls.length);
    },
    async finish(part) {
      finished.push(...part.map(indexOf));
    },
    async discard(part, condition, attempts) {
      discarded.push({ condition, indexes: part.map(indexOf), attempts });
    },
    halve: (part) => halved.push(part.length),
    report: (result) => results.push(result),
    async pause(milliseconds) {
      pauses.push(milliseconds);
    },
    now: () => options.now ?? 0,
    get stopped() {
      return options.stopAfter !== undefined && calls.length >= options.stopAfter;
    },
  });

  return { calls, finished, discarded, pauses, results, halved };
}

const done = (): Invocation => ({ payload: null });
const from = (index: number): Invocation => ({
  payload: { batchItemFailures: [{ itemIdentifier: record(index).sequenceNumber }] },
});

test('a batch that is done is sent once', async () => {
  expect(await delivery(records(3), done)).toEqual({
    calls: [[0, 1, 2]],
    finished: [0, 1, 2],
    discarded: [],
    pauses: [],
    results: ['OK'],
    halved: [],
  });
});

test('from the first unwritten record on everything is sent again, what came before never', async () => {
  const { calls, finished } = await delivery(records(4), (_, call) => (call === 1 ? from(2) : done()));

  expect(calls).toEqual([
    [0, 1, 2, 3],
    [2, 3],
  ]);
  expect(finished).toEqual([0, 1, 2, 3]);
});

test('a function that writes nothing is tried again without end, with growing pauses', async () => {
  const { calls, pauses } = await delivery(records(2), (_, call) => (call <= 7 ? from(0) : done()));

  expect(calls).toHaveLength(8);
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
});

test('bisecting isolates the record a function dies of, and costs no attempt', async () => {
  const { finished, discarded } = await delivery(records(8), (indexes) => (indexes.includes(5) ? FAILED : done()), {
    bisectOnError: true,
    maximumRetryAttempts: 1,
  });

  expect(discarded).toEqual([{ condition: 'RetryAttemptsExhausted', indexes: [5], attempts: 2 }]);
  expect(finished).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test('after its attempts a batch is given up as a whole', async () => {
  const { calls, discarded, finished } = await delivery(records(2), () => FAILED, { maximumRetryAttempts: 2 });

  expect(calls).toHaveLength(3);
  expect(discarded).toEqual([{ condition: 'RetryAttemptsExhausted', indexes: [0, 1], attempts: 3 }]);
  expect(finished).toEqual([0, 1]);
});

test('records beyond their age are given up without being sent', async () => {
  const now = record(2).approximateArrivalTimestamp + 60_000;

  const { calls, discarded } = await delivery(records(4), done, { maximumRecordAge: 60 }, { now });

  expect(discarded).toEqual([{ condition: 'RecordAgeExceeded', indexes: [0, 1], attempts: 0 }]);
  expect(calls).toEqual([[2, 3]]);
});

test('a function that cannot be reached costs no attempt', async () => {
  const { calls, discarded } = await delivery(
    records(1),
    (_, call) => {
      if (call <= 3) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);

      return done();
    },
    { maximumRetryAttempts: 0 },
  );

  expect([calls.length, discarded]).toEqual([4, []]);
});

test('a mapping that stops leaves what is not done for the next start', async () => {
  expect(await delivery(records(2), () => FAILED, {}, { stopAfter: 1 })).toMatchObject({ finished: [], discarded: [] });
});

test('whatever a function answers, every record is done or given up once, in order', async () => {
  const scripts = fc.array(fc.oneof(fc.constant('fail'), fc.constant('done'), fc.nat()), { maxLength: 30 });

  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), scripts, fc.boolean(), async (count, script, bisectOnError) => {
      const { finished, discarded } = await delivery(
        records(count),
        (indexes, call) => {
          const step = script[call - 1] ?? 'done';
          if (step === 'fail') return FAILED;

          return step === 'done' ? done() : from(indexes[Number(step) % indexes.length] as number);
        },
        { bisectOnError, maximumRetryAttempts: 2 },
      );

      expect(finished).toEqual(Array.from({ length: count }, (_, index) => index));
      expect(discarded.flatMap(({ indexes }) => indexes)).toEqual([
        ...new Set(discarded.flatMap(({ indexes }) => indexes)),
      ]);
    }),
  );
});
