import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Invocation } from '../../../local/engines.ts';
import { AwsError } from '../../../local/errors.ts';
import type { KafkaRecord } from '../../../local/kafka/kafka-event.ts';
import { kafkaVerdict } from '../../../local/kafka/kafka-verdict.ts';
import { deliverBatch } from '../../../local/lambda/event-source/batch-delivery.ts';

type Retry = Parameters<typeof deliverBatch>[1] & { readonly reportItemFailures: boolean };
const FOREVER: Retry = {
  bisectOnError: true,
  maximumRecordAge: -1,
  maximumRetryAttempts: -1,
  reportItemFailures: true,
};
const FAILED: Invocation = { payload: { errorType: 'Error', errorMessage: 'no' }, functionError: 'Unhandled' };

const record = (partition: number, offset: number, timestamp = 0): KafkaRecord => ({
  ...{ partition, offset, timestamp, key: null, value: null },
  headers: [],
});
const named = ({ partition, offset }: KafkaRecord) => `${partition}@${offset}`;
const failures = (...places: readonly (readonly [partition: string, offset: number])[]): Invocation => ({
  payload: { batchItemFailures: places.map(([partition, offset]) => ({ itemIdentifier: { partition, offset } })) },
});
const BATCH = [record(0, 5), record(1, 9), record(0, 6), record(1, 10)];

/** Delivers to a function that answers by script; what happened, in order. */
async function delivery(
  batch: readonly KafkaRecord[],
  answer: (batch: readonly KafkaRecord[], call: number) => Invocation,
  retry: Partial<Retry> = {},
  stopAfter = 50,
) {
  const calls: string[] = [];
  const [finished, discarded, results]: [string[], string[], string[]] = [[], [], []];
  const pauses: number[] = [];
  const { reportItemFailures, ...settings } = { ...FOREVER, ...retry };
  await deliverBatch(batch, settings, {
    verdict: (part, given) => kafkaVerdict('rows', part, given, reportItemFailures),
    arrivedAt: ({ timestamp }) => timestamp,
    async invoke(part) {
      calls.push(part.map(named).join(' '));

      return answer(part, calls.length);
    },
    async finish(part) {
      finished.push(...part.map(named));
    },
    async discard(part, condition) {
      discarded.push(`${condition} ${part.map(named).join(' ')}`);
    },
    halve: () => undefined,
    report: (result) => results.push(result),
    async pause(milliseconds) {
      pauses.push(milliseconds);
    },
    now: () => 1_000_000,
    get stopped() {
      return calls.length >= stopAfter;
    },
  });

  return { calls, finished, discarded, pauses, results };
}

test('a batch of two partitions that is done is not sent again', async () => {
  const { calls, finished, results } = await delivery(BATCH, () => failures());

  expect([calls, finished, results]).toEqual([['0@5 1@9 0@6 1@10'], ['0@5', '1@9', '0@6', '1@10'], ['OK']]);
});

test('of a partition that is named everything from that offset on comes again; the others are done', async () => {
  const { calls, finished } = await delivery(BATCH, (_, call) => (call === 1 ? failures(['rows-0', 6]) : failures()));

  expect(calls).toEqual(['0@5 1@9 0@6 1@10', '0@6']);
  expect(finished).toEqual(['0@5', '1@9', '1@10', '0@6']);
});

test('a database that is away is waited for, longer each time, without giving a record up', async () => {
  const away = (batch: readonly KafkaRecord[], call: number) =>
    call < 8 ? failures(['rows-0', 5], ['rows-1', 9]) : failures(...batch.slice(0, 0).map(() => ['', 0] as const));
  const { calls, discarded, pauses, finished } = await delivery(BATCH, away);

  expect(new Set(calls.slice(0, 8))).toEqual(new Set(['0@5 1@9 0@6 1@10']));
  expect(pauses.slice(0, 6)).toEqual([250, 500, 1000, 2000, 4000, 5000]);
  expect([discarded, finished.length]).toEqual([[], 4]);
});

test('a function that dies over one record gets the others all the same, in order', async () => {
  const poison = (batch: readonly KafkaRecord[]) => (batch.some(({ offset }) => offset === 6) ? FAILED : failures());
  const { finished } = await delivery(BATCH, poison, {}, 12);

  expect(finished).toEqual(['0@5', '1@9']);
});

test('without provisioned pollers a batch that fails comes again as it was', async () => {
  const onDemand = { bisectOnError: false, reportItemFailures: false };
  const { calls } = await delivery(BATCH, (_, call) => (call === 1 ? FAILED : failures(['rows-0', 5])), onDemand);

  expect(calls).toEqual(['0@5 1@9 0@6 1@10', '0@5 1@9 0@6 1@10']);
});

test('limits that a mapping sets are kept: attempts and age', async () => {
  const limited = { bisectOnError: false, maximumRetryAttempts: 1 };

  expect((await delivery([record(0, 1)], () => FAILED, limited)).discarded).toEqual(['RetryAttemptsExhausted 0@1']);
  const aged = await delivery([record(0, 1, 0), record(0, 2, 990_000)], () => failures(), { maximumRecordAge: 60 });
  expect([aged.discarded, aged.calls]).toEqual([['RecordAgeExceeded 0@1'], ['0@2']]);
});

test('a function that is not there costs no attempt', async () => {
  const gone = (_: unknown, call: number): Invocation => {
    if (call < 4) throw new AwsError('TooManyRequestsException', 'later', 429);

    return failures();
  };

  expect((await delivery(BATCH, gone, { maximumRetryAttempts: 0, bisectOnError: false })).discarded).toEqual([]);
});

test.each([
  ['a partition that is not there', failures(['rows-7', 5])],
  ['an offset that is not there', failures(['rows-0', 7])],
  ['another topic', failures(['other-0', 5])],
  ['nothing', { payload: { batchItemFailures: [{}] } }],
  ['no list', { payload: { batchItemFailures: 'x' } }],
])('an answer that names %s fails the whole batch', (_, answer) => {
  expect(kafkaVerdict('rows', BATCH, answer, true)).toMatchObject({ kind: 'failed' });
});

test('whatever a function answers, no record is forgotten and none of a partition overtakes another', async () => {
  const batch = fc.uniqueArray(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 30 })), { selector: String, minLength: 1 });
  const answers = fc.infiniteStream(fc.oneof(fc.constant('done'), fc.constant('failed'), fc.nat({ max: 50 })));
  await fc.assert(
    fc.asyncProperty(batch, answers, async (places, script) => {
      const records = places.toSorted((a, b) => a[1] - b[1]).map(([partition, offset]) => record(partition, offset));
      const { finished } = await delivery(
        records,
        (part, call) => {
          const { value } = script.next();
          const { partition, offset } = part[Number(value) % part.length] ?? (part[0] as KafkaRecord);
          if (value === 'done' || call > 40) return failures();

          return value === 'failed' ? FAILED : failures([`rows-${partition}`, offset]);
        },
        {},
        1000,
      );

      expect(finished.toSorted()).toEqual(records.map(named).toSorted());
      for (const partition of [0, 1, 2]) {
        const own = finished.filter((name) => name.startsWith(`${partition}@`)).map((name) => Number(name.slice(2)));
        expect(own).toEqual(own.toSorted((a, b) => a - b));
      }
    }),
  );
});
