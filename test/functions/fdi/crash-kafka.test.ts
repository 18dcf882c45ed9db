import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { handlerCode } from '../../../lib/platform/handler-bundle.ts';
import { consumerVariant } from '../../fdi-variants/consumer-variant.ts';
import { Consumer } from './consumer.ts';
import { killAt, POINTS, type Point } from './crashes.ts';
import { KAFKA_TASK, kafkaEvent, kafkaRecord } from './kafka-batches.ts';
import { parking } from './parking.ts';

const lot = parking();
const PARTITIONS = [0, 1, 2];
/** A quarter of the offsets hold no record, as where transactions ended or records were compacted away. */
const isThere = (offset: number) => offset % 4 !== 3;

interface Delivery {
  /** Offsets of every partition, from where its group stands. */
  readonly take: number;
  /** How far back the group stands: it has not heard of the last commits. */
  readonly again: number;
  readonly killed: Point | null;
}

/** Delivers offsets below `total` of every partition, as Lambda does: what was not acknowledged comes again. */
async function deliver(consumer: Consumer, total: number, deliveries: Iterable<Delivery>): Promise<void> {
  let next = 0;
  for (const { take, again, killed } of deliveries) {
    const [from, to] = [Math.max(0, next - again), Math.min(total, next + take)];
    lot.guard = {};
    if (killed !== null) killAt(lot, consumer, killed);
    const records = PARTITIONS.flatMap((partition) =>
      Array.from({ length: to - from }, (_, at) => from + at)
        .filter(isThere)
        .map((offset) => kafkaRecord({ partition, offset })),
    );
    if (records.length === 0 || (await consumer.invoke({ event: kafkaEvent(records) })) === '') next = to;
    if (next === total) return;
  }
}

/** What is not as it was sent: records of a partition that are missing, there twice, or behind a later one. */
async function findings(total: number): Promise<string[]> {
  const rows = await lot.query('SELECT DeviceId AS id, Seq AS seq FROM ParkingHistory ORDER BY ParkingHistory.Id');
  const sent = Array.from({ length: total }, (_, offset) => offset).filter(isThere);

  return PARTITIONS.flatMap((partition) => {
    const own = rows.filter(({ id }) => id === `P-${partition}`).map(({ seq }) => Number(seq));

    return [
      ...sent.filter((offset) => !own.includes(offset)).map((offset) => `lost ${partition}@${offset}`),
      ...own.filter((offset, at) => own.indexOf(offset) < at).map((offset) => `twice ${partition}@${offset}`),
      ...own.filter((offset, at) => offset < Number(own[at - 1])).map((offset) => `late ${partition}@${offset}`),
    ];
  });
}

async function found(deliveries: readonly Delivery[], total: number, code?: string): Promise<string[]> {
  await lot.reset();
  const consumer = new Consumer(KAFKA_TASK, lot.environment, code ?? handlerCode('fdi/consume-kafka'));
  try {
    await deliver(consumer, total, [...deliveries, ...Array(6).fill({ take: total, again: 0, killed: null })]);
  } finally {
    lot.guard = {};
    await consumer.stop();
  }

  return findings(total);
}

test.each(POINTS)(
  'a consumer of three partitions that dies %s loses nothing and writes nothing twice',
  async (...point) => {
    expect(await found([{ take: 8, again: 2, killed: point as Point }], 16)).toEqual([]);
  },
  60_000,
);

test('a consumer that dies anywhere, again and again, leaves every record once and in the order of its partition', async () => {
  const delivery = fc.record({
    take: fc.integer({ min: 1, max: 9 }),
    again: fc.integer({ min: 0, max: 5 }),
    killed: fc.option(fc.constantFrom(...POINTS), { freq: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(delivery, { minLength: 3, maxLength: 8 }), async (deliveries) => {
      expect(await found(deliveries, 40)).toEqual([]);
    }),
    { numRuns: 4, seed: 20_261_124 },
  );
}, 120_000);

test.each([
  ['early-position', 'lost'],
  ['without-position', 'twice'],
] as const)(
  'a consumer with the mistake %s is found out',
  async (variant, finding) => {
    const [, , moved, , rows] = POINTS;
    const deaths = [null, moved, rows, null].map((killed) => ({ take: 4, again: 1, killed: killed ?? null }));

    expect((await found(deaths, 16, await consumerVariant(variant, 'fdi/consume-kafka'))).join()).toContain(finding);
  },
  60_000,
);
