import { FEED_POSITIONS, type FeedKey, type FeedPosition, type FeedStep } from './feed-position.ts';
import type { ShardPositions } from './feed-writer.ts';
import { documentsOf } from './run-mongo-commands.ts';
import { type MongoDocument, type MongoSession, numberOf, requireWritten } from './run-mongo-port.ts';
import { checkTransactions, makeOwnCollection } from './run-mongo-positions.ts';

const COUNTERS = ['written', 'quarantined', 'bytes', 'batches', 'busyMs'] as const;

/** One shard's position beside its documents, as `FeedPositions` keeps it in a row. */
export class DocumentPositions implements ShardPositions<MongoSession> {
  readonly key: FeedKey;
  readonly #id: string;

  constructor(key: FeedKey) {
    this.key = key;
    this.#id = `${key.task}/${key.epoch}/${key.shard}`;
  }

  /** Makes the collection where it is missing. @throws InvalidSetting for a server that knows no transactions */
  static async prepare(session: MongoSession, task: string): Promise<void> {
    await checkTransactions(session, `${task}: `);
    await makeOwnCollection(session, FEED_POSITIONS);
  }

  async read(session: MongoSession): Promise<FeedPosition | undefined> {
    const [row] = await documentsOf(session, FEED_POSITIONS, { _id: this.#id });
    if (row === undefined) {
      return undefined;
    }
    const [written = 0, quarantined = 0, bytes = 0, batches = 0, busyMs = 0] = COUNTERS.map((name) =>
      numberOf(row[name]),
    );

    return { sequence: String(row['seq']), written, quarantined, bytes, batches, busyMs };
  }

  async open(session: MongoSession, from?: FeedPosition): Promise<void> {
    const counters = COUNTERS.map((name) => [name, { $numberLong: String(from?.[name] ?? 0) }]);
    const { task, epoch, shard } = this.key;
    const document = { task, epoch, shard, seq: from?.sequence ?? '', ...Object.fromEntries(counters) };
    await this.#update(session, { _id: this.#id }, { $setOnInsert: document }, true);
  }

  /** A second writer of the shard is told to try again. */
  async advance(session: MongoSession, { first, last, ...step }: FeedStep): Promise<boolean> {
    return this.#move(session, step, { _id: this.#id, seq: { $lt: first } }, { $set: { seq: last } });
  }

  async count(session: MongoSession, { last, first: _first, ...step }: FeedStep): Promise<boolean> {
    return this.#move(session, step, { _id: this.#id }, { $max: { seq: last } });
  }

  /** Counts records as written that were quarantined, in the transaction that writes them. @returns false where there is no position */
  async readmit(session: MongoSession, records: number): Promise<boolean> {
    const $inc = counted({ written: records, quarantined: -records, batches: 1 });

    return (await this.#update(session, { _id: this.#id }, { $inc, $currentDate: { updatedAt: true } })) === 1;
  }

  async #move(
    session: MongoSession,
    { records, rejected, bytes, busyMs }: Omit<FeedStep, 'first' | 'last'>,
    q: MongoDocument,
    u: MongoDocument,
  ): Promise<boolean> {
    const counts = {
      written: records - rejected,
      quarantined: rejected,
      bytes,
      batches: 1,
      busyMs: Math.round(busyMs),
    };
    const $inc = counted(counts);

    return (await this.#update(session, q, { ...u, $inc, $currentDate: { updatedAt: true } })) === 1;
  }

  /** @returns how many it was */
  async #update(session: MongoSession, q: MongoDocument, u: MongoDocument, upsert = false): Promise<number> {
    const reply = await session.command({ update: FEED_POSITIONS, updates: [{ q, u, upsert }] });
    requireWritten(reply);

    return numberOf(reply['n']);
  }
}

function counted(counts: Readonly<Record<string, number>>): MongoDocument {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, { $numberLong: String(count) }]));
}
