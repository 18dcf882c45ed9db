import { databaseTime } from '../../../core/fdi/database-time.ts';
import type { EventSource } from '../../../core/fdi/event-source.ts';
import { keepLedger, type LedgerEntry, type LedgerPorts, showLedger } from '../../../core/fdi/keep-ledger.ts';
import { MINUTE_MS, minuteOf } from '../../../core/fdi/ledger.ts';
import type { TaskEntry } from '../../../core/fdi/task-entry.ts';
import type { TopicRecord } from '../../../core/fdi/topic-reader.ts';
import { paddedSequence } from '../../../core/mqs/sequence-number.ts';

const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/Events';
const HOUR_MS = 60 * MINUTE_MS;

interface Shard {
  readonly id: string;
  readonly records: (TopicRecord & { readonly knownAt: number })[];
  open: boolean;
}

interface Position {
  seq: string;
  written: number;
  quarantined: number;
}

/** A topic, a task that writes it, CloudWatch which is late, and the database: as far as the ledger sees them. */
export class LedgerWorld implements LedgerPorts {
  clock: number;
  createdAt: number;
  retentionMs = 24 * HOUR_MS;
  source: EventSource | undefined;
  task: TaskEntry;
  readonly shards: Shard[] = [];
  readonly positions = new Map<string, Position>();
  readonly failures: unknown[] = [];
  #row: Record<string, unknown> | undefined;
  #sequence = 0;

  /** @param start milliseconds since the epoch; where the task began, if not with the oldest record */
  constructor(start: number, startAt: 'oldest' | Date = 'oldest') {
    this.clock = start;
    this.createdAt = start - 10_000;
    this.source = { id: 'mapping', enabled: true, streamArn: STREAM_ARN, startAt };
    const connectedAt = new Date(start).toISOString();
    this.task = { ...TASK, eventSource: 'mapping', connectedAt, wanted: 'started' };
    this.#addShard();
    this.#addShard();
  }

  readonly sources = { find: async () => this.source };
  readonly now = () => this.clock;
  readonly activity = async () => ({ lag: undefined, isCalled: true });

  readonly topics = {
    describe: async () => ({ createdAt: this.createdAt, retentionMs: this.retentionMs }),
    shards: async () => this.shards.map(({ id }) => id),
    pages: (_: string, shard: string, from: Parameters<LedgerPorts['topics']['pages']>[2], limit: number) =>
      this.#pages(shard, from, limit),
  };

  readonly incoming = async (_: string, from: number, to: number) => {
    const counts = new Map<number, number>();
    for (const { arrivedAt, knownAt } of this.shards.flatMap(({ records }) => records)) {
      const minute = minuteOf(arrivedAt);
      if (minute >= from && minute < to && knownAt <= this.clock) counts.set(minute, (counts.get(minute) ?? 0) + 1);
    }
    return counts;
  };

  readonly database = {
    execute: async (sql: string, parameters: readonly { name: string; value: object }[]) => {
      if (sql.startsWith('INSERT')) {
        const entries = parameters.map(({ name, value }) => [name, Object.values(value)[0]] as const);
        const row = Object.fromEntries(entries.map(([name, value]) => [name, value === '' ? null : value]));
        const isKept = this.#row?.['Since'] === row['Since'];
        this.#row = { ...row, Acknowledged: isKept ? this.#row?.['Acknowledged'] : 0 };
      }
      if (sql.startsWith('UPDATE')) {
        return { updated: this.#acknowledge(Number(Object.values(parameters[0]?.value ?? {})[0])), rows: [] };
      }
      const ledger = this.#row === undefined ? [] : [this.#row];

      return { updated: 1, rows: sql.includes('causeway.position') ? this.#positionRows() : ledger };
    },
  };

  /** A record arrives now. @param late how long CloudWatch does not know of it, in milliseconds */
  arrive(shard: number, late = 0): void {
    const open = this.shards.filter((one) => one.open);
    this.#sequence += 1;
    open[shard % open.length]?.records.push({
      sequence: paddedSequence(String(this.#sequence)),
      arrivedAt: this.clock,
      knownAt: this.clock + late,
    });
  }

  /** The task handles what waits, all of it or the first so many of each shard. */
  consume(most = Number.POSITIVE_INFINITY): void {
    for (const shard of this.shards) this.#advance(shard, most, (count) => count);
  }

  /** Its positions pass what waits, as far as there is so much, without a row. Answers how many. */
  lose(most: number): number {
    let left = most;
    for (const shard of this.shards) left -= this.#advance(shard, left, () => 0);
    return most - left;
  }

  /** It writes what waits twice, as far as there is so much. Answers how many. */
  double(most: number): number {
    let left = most;
    for (const shard of this.shards) left -= this.#advance(shard, left, (count) => 2 * count);
    return most - left;
  }

  /** A shard is closed and another one takes over. */
  reshard(): void {
    const [first] = this.shards.filter(({ open }) => open);
    if (first !== undefined) first.open = false;
    this.#addShard();
  }

  async keep(): Promise<LedgerEntry> {
    const [entry] = await keepLedger(this, [this.task], (_, error) => this.failures.push(error));
    if (entry === undefined) throw this.failures.at(-1);
    return entry;
  }

  show(): Promise<LedgerEntry> {
    return showLedger(this, this.task);
  }

  #addShard(): void {
    this.shards.push({ id: `shard-${this.shards.length}`, records: [], open: true });
  }

  #unread(shard: Shard): TopicRecord[] {
    const { startAt = 'oldest' } = this.source ?? {};
    const from = startAt === 'oldest' ? 0 : startAt.getTime();
    const position = this.positions.get(shard.id)?.seq ?? '';

    return this.#kept(shard).filter(({ sequence, arrivedAt }) => arrivedAt >= from && sequence > position);
  }

  #kept({ records }: Shard): TopicRecord[] {
    return records.filter(({ arrivedAt }) => arrivedAt >= this.clock - this.retentionMs);
  }

  #advance(shard: Shard, most: number, rows: (count: number) => number): number {
    const taken = this.#unread(shard).slice(0, most);
    const last = taken.at(-1);
    if (last === undefined) return 0;
    const before = this.positions.get(shard.id) ?? { seq: '', written: 0, quarantined: 0 };
    const count = rows(taken.length);
    const quarantined = count > 3 ? 1 : 0;
    this.positions.set(shard.id, {
      seq: last.sequence,
      written: before.written + count - quarantined,
      quarantined: before.quarantined + quarantined,
    });
    return taken.length;
  }

  async *#pages(id: string, from: Parameters<LedgerPorts['topics']['pages']>[2], limit: number) {
    const shard = this.shards.find((one) => one.id === id) as Shard;
    const rest = this.#kept(shard).filter(({ sequence, arrivedAt }) => {
      if (from === 'oldest') return true;

      return 'at' in from ? arrivedAt >= from.at : sequence > from.after;
    });
    yield []; // as Kinesis may
    for (let at = 0; at < rest.length; at += limit) yield rest.slice(at, at + limit);
  }

  #acknowledge(difference: number): number {
    const { Difference, JudgedAt } = this.#row ?? {};
    const Acknowledged = Number(this.#row?.['Acknowledged']) + difference;
    if (difference !== Difference) return 0;
    this.#row = { ...this.#row, Acknowledged, Difference: 0, OkAt: JudgedAt };

    return 1;
  }

  #positionRows() {
    const startedAt = databaseTime(this.clock);

    return [...this.positions].map(([shard, position]) => ({ shard, ...position, startedAt }));
  }
}

const TASK = { name: 'History', app: 'Lot', topic: 'Events', table: 'History' };
