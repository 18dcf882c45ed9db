import { beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planTask } from '../../../core/fdi/plan.ts';
import { readRecords } from '../../../core/fdi/row.ts';
import { type ShardMemory, shardWriter } from '../../../core/fdi/shard-writer.ts';
import { writeBatch } from '../../../core/fdi/write-batch.ts';
import type { Invocation, StreamRecord } from '../../../local/engines.ts';
import { deliverBatch } from '../../../local/lambda/event-source/batch-delivery.ts';
import { batchVerdict } from '../../../local/lambda/event-source/batch-response.ts';
import { engineError, Ledger, memory } from '../../core/fdi/ledger.ts';
import { record as envelope } from '../../core/fdi/stream-records.ts';
import { column, task } from '../../core/fdi/tasks.ts';

/** As `functions/shared/event-sources.ts` makes every mapping. */
const RETRY = { bisectOnError: true, maximumRecordAge: -1, maximumRetryAttempts: -1 };
const MINUTE = 60_000;
const PLAN = planTask(task({ source: { metadata: [{ alias: 'id', type: 'string', path: 'data.id' }] } }), [
  column('id'),
]);
const isBad = (n: number) => n % 10 === 9;

/** What a database that is gone looks like from the consumer, whichever part of it is gone. */
const ABSENCES: readonly (readonly [string, () => Error])[] = [
  ['the Data API finds no database', () => named('DatabaseUnavailableException')],
  ['the cluster does not resume', () => named('DatabaseResumingException')],
  ['nobody listens', () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['connections break', () => Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
  ['the engine shuts down', () => engineError('Server shutdown in progress', 1053)],
  ['the writer has become a reader', () => engineError('running with the --read-only option', 1290)],
  ['the disk is full', () => engineError('The table is full', 1114)],
  ['nothing is answered', () => named('StatementTimeoutException')],
];

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

let ledger: Ledger;
let shard: ShardMemory;
/** Milliseconds; moved by pauses, and a little by every call. */
let clock: number;
let given: { discarded: number; halved: number; invocations: number };

beforeEach(start);

function start(): void {
  ledger = new Ledger();
  shard = memory();
  clock = 0;
  given = { discarded: 0, halved: 0, invocations: 0 };
}

/** The consumer without its process: it answers as the handler does. */
async function invoke(batch: readonly StreamRecord[]): Promise<Invocation> {
  given.invocations += 1;
  const records = batch.map(({ sequenceNumber, data, partitionKey }) => ({
    kinesis: { sequenceNumber, partitionKey, data: data.toString('base64') },
  }));
  const pause = async (ms: number) => {
    clock += ms;
  };
  const writer = shardWriter(ledger, shard, 'batch');
  const own = { writer, read: readRecords, replan: async () => undefined, pause, random: () => 0.5 };
  const { unwritten } = await writeBatch(own, PLAN, records);
  const batchItemFailures = unwritten === undefined ? [] : [{ itemIdentifier: unwritten.sequenceNumber }];

  return { payload: { batchItemFailures } };
}

async function deliverAll(total: number, batchSize: number): Promise<void> {
  const all = Array.from({ length: total }, (_, at) => streamRecord(at + 1));
  for (let at = 0; at < total; at += batchSize) {
    await deliverBatch(all.slice(at, at + batchSize), RETRY, {
      invoke,
      verdict: (batch, answer) => batchVerdict(batch, answer, true),
      arrivedAt: () => 0,
      finish: async () => undefined,
      discard: async (records) => {
        given.discarded += records.length;
      },
      halve: () => {
        given.halved += 1;
      },
      report: () => undefined,
      pause: async (ms) => {
        clock += ms;
      },
      now: () => clock,
      stopped: false,
    });
  }
}

function streamRecord(n: number): StreamRecord {
  const { kinesis } = envelope(n, isBad(n) ? {} : { id: String(n) });

  return { ...kinesis, data: Buffer.from(kinesis.data, 'base64'), approximateArrivalTimestamp: 0 };
}

/** From its `after`th call on the database is away until the clock says so; a call takes 1 ms. */
function away(absence: () => Error, after: number, until: number): void {
  let calls = 0;
  ledger.fail = () => {
    calls += 1;
    clock += 1;
    if (calls > after && clock < until) {
      throw absence();
    }
  };
}

test.each(ABSENCES)(
  'ten minutes in which %s: nothing is halved, given up or set aside, and all of it follows',
  async (_, absence) => {
    // The first batch takes three: it goes away before everything is written.
    const calls = fc.nat({ max: 3 });

    await fc.assert(
      fc.asyncProperty(calls, fc.integer({ min: 1, max: 40 }), async (after, batchSize) => {
        start();
        away(absence, after, 10 * MINUTE);

        await deliverAll(100, batchSize);

        const all = Array.from({ length: 100 }, (__, at) => at + 1);
        expect(ledger.state.rows).toEqual(all.filter((n) => !isBad(n)).map(String));
        expect(ledger.state.quarantine).toEqual(all.filter(isBad).map(String));
        expect(given).toMatchObject({ discarded: 0, halved: 0 });
        // It looks every few seconds, so it is back soon, and it does not hammer a database that comes up.
        expect(clock).toBeGreaterThanOrEqual(10 * MINUTE);
        expect(clock).toBeLessThan(10 * MINUTE + 20_000);
        expect(given.invocations).toBeLessThan(400);
      }),
      { numRuns: 8 },
    );
  },
);
