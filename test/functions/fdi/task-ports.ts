import type { EventSourceSettings, EventSources } from '../../../core/fdi/event-source.ts';
import type { TaskDatabase } from '../../../core/fdi/shard-writer.ts';
import type { TaskEntries, TaskEntry } from '../../../core/fdi/task-entry.ts';
import type { TopicReader, TopicRecord } from '../../../core/fdi/topic-reader.ts';

interface Mapping {
  settings: EventSourceSettings;
  startAt: Date | 'oldest';
  enabled: boolean;
}

export const NOW = new Date('2026-11-01T08:00:00Z');

/** The catalogue's tasks and Lambda's mappings, in memory. */
export class TaskPorts {
  readonly tasks = new Map<string, TaskEntry>();
  readonly mappings = new Map<string, Mapping>();
  /** What the database answers, by a piece of the statement. */
  answers: readonly (readonly [piece: string, rows: readonly Record<string, unknown>[] | Error])[] = [];
  /** Aliases of consumers. */
  readonly epochs: string[] = [];
  /** Before a mapping is made or changed. */
  onCreate = () => {};
  onUpdate = () => {};
  readonly statements: { sql: string; values: unknown[] }[] = [];
  #made = 0;

  readonly entries: TaskEntries = {
    find: async (name) => this.tasks.get(name),
    note: async (name, fields) => {
      const entry = this.tasks.get(name);
      if (entry !== undefined) {
        const changed = Object.entries({ ...entry, ...fields }).filter(([, value]) => value !== undefined);
        this.tasks.set(name, Object.fromEntries(changed) as unknown as TaskEntry);
      }
    },
  };

  readonly sources: EventSources = {
    create: async (settings, startAt) => {
      this.onCreate();
      this.#made += 1;
      this.mappings.set(`mapping-${this.#made}`, { settings, startAt, enabled: true });

      return `mapping-${this.#made}`;
    },
    update: async (id, settings) => {
      this.onUpdate();
      Object.assign(this.mappings.get(id) ?? {}, { settings });
    },
    setEnabled: async (id, enabled) => void Object.assign(this.mappings.get(id) ?? {}, { enabled }),
    find: async (id) => {
      const mapping = this.mappings.get(id);

      const { enabled, startAt, settings } = mapping ?? {};

      return (
        mapping && { id, enabled: enabled === true, startAt: startAt ?? 'oldest', streamArn: settings?.streamArn ?? '' }
      );
    },
    addEpoch: async (functionArn, epoch) => void this.epochs.push(`${functionArn}:epoch-${epoch}`),
    remove: async (id) => void this.mappings.delete(id),
  };

  readonly database: Pick<TaskDatabase, 'execute'> = {
    execute: async (sql, parameters) => {
      this.statements.push({ sql, values: parameters.map(({ value }) => Object.values(value)[0]) });
      const [, rows = []] = this.answers.find(([piece]) => sql.includes(piece)) ?? [];
      if (rows instanceof Error) {
        throw rows;
      }

      return { updated: 0, rows };
    },
  };

  /** What each shard holds behind its position, by when it arrived. */
  unwritten: Readonly<Record<string, readonly number[]>> = {};

  readonly topics: Pick<TopicReader, 'shards' | 'pages'> = {
    shards: async () => Object.keys(this.unwritten),
    pages: (_, shard) => pagesOf(this.unwritten[shard] ?? []),
  };

  readonly now = () => NOW;

  /** A task as its stack's catalogue declares it. */
  declare(name: string, more: Partial<TaskEntry> = {}): void {
    this.tasks.set(name, { name, app: 'Parking', topic: 'ParkingEvents', table: name, ...more });
  }
}

/** A shard may answer a page without records before the one that has them. */
async function* pagesOf(arrivals: readonly number[]): AsyncGenerator<readonly TopicRecord[]> {
  yield [];
  yield arrivals.map((arrivedAt, index) => ({ sequence: String(index), arrivedAt }));
}
