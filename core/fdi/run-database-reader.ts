import { InvalidSetting } from '../errors.ts';
import { nextLimit } from './page-limit.ts';
import type { RunDialect } from './run-dialect.ts';
import { keysetStatements } from './run-keyset.ts';
import { before } from './run-mark.ts';
import type { Checkpoint, SourcePage, SourceReader, SourceRecord } from './run-ports.ts';
import { type RunRow, type RunSession, type RunStatement, type RunValue, statement } from './run-session.ts';
import type { DatabaseSource } from './run-source.ts';
import { type DatabaseReading, type SourceQuery, sourceQuery, subjectOf } from './run-source-query.ts';

/** Where a run is: what it reads from and to, and the last row it has read. */
interface Place {
  /** Of which declaration it is: what is read, and by which columns. */
  readonly of: string;
  /** Of the growing column; absent where the whole is read. */
  readonly from: string | null;
  readonly upper: string | null;
  readonly at: readonly RunValue[] | null;
  /** Something was read before this run. */
  readonly again: boolean;
}

/** What a run leaves: of which column, up to which value. */
interface Mark {
  readonly of: string;
  readonly value: string | null;
}

/** A page is about so much; what is much larger is halved, what is much smaller grows again. */
const PAGE_BYTES = 1024 * 1024;
const FIRST_PAGE = 500;
/** A page of one row must be readable: everything larger is refused by what the database or its driver allows. */
const TOO_LARGE = /larger than|allowed response size|response size limit|more than the allowed/i;

/** Rows of a table or a SELECT in the order of a unique key, page by page: memory stays flat, and no row is read twice for its place. */
export function databaseReader(reading: DatabaseReading): SourceReader {
  const { source, dialect, open, pageSize, where } = reading;
  let session: RunSession | undefined;
  let known: SourceQuery | undefined;
  let rowLimit = Math.min(FIRST_PAGE, pageSize);

  async function opened(): Promise<RunSession> {
    session ??= await open();

    return session;
  }

  async function query(): Promise<SourceQuery> {
    known ??= await sourceQuery(await opened(), reading);

    return known;
  }

  async function close(): Promise<void> {
    const old = session;
    session = undefined;
    await old?.close();
  }

  async function rowsAfter(place: Place, limit: number, timeMs: number): Promise<RunRow[]> {
    const own = await query();
    const statements = keysetStatements(
      { select: own.select, conditions: conditionsOf(source, own, place), order: own.order },
      place.at ?? undefined,
      limit,
    );
    const rows: RunRow[] = [];
    for (const { sql, values } of statements) {
      const left = limit - rows.length;
      const text = left === limit ? sql : sql.replace(/LIMIT \d+$/, `LIMIT ${left}`);
      rows.push(...(await (await opened()).query({ sql: text, values }, timeMs)));
      if (rows.length >= limit) {
        break;
      }
    }

    return rows;
  }

  /** Smaller and smaller while the answer is too large for who carries it. */
  async function fittingRows(place: Place, timeMs: number): Promise<{ rows: RunRow[]; isLast: boolean }> {
    for (;;) {
      const limit = rowLimit;
      try {
        const rows = await rowsAfter(place, limit, timeMs);

        return { rows, isLast: rows.length < limit };
      } catch (error) {
        if (limit === 1 || !(error instanceof Error) || !TOO_LARGE.test(error.message)) {
          throw error;
        }
        await close();
        rowLimit = Math.max(1, limit >> 1);
      }
    }
  }

  return {
    fields: async () => (await query()).fields,

    async begin(mark) {
      const { increment } = source;
      const own = await query();
      const last = lastOf(mark, source);
      if (increment === undefined || own.increment === undefined) {
        return { of: own.of, from: null, upper: null, at: null, again: last !== undefined };
      }
      const [row] = await (await opened()).query(statement(`SELECT ${greatest(dialect, own)} FROM ${own.from}`));
      const upper = textOrNull(row?.['upper']) ?? last ?? null;
      const from = last == null ? (increment.initial ?? null) : before(last, increment.overlap, increment.column);

      return { of: own.of, from, upper, at: null, again: last !== undefined };
    },

    isOwn: async (place) => (place as unknown as Place | null)?.of === (await query()).of,

    async read(after, timeMs) {
      const place = after as unknown as Place;
      const own = await query();
      if (own.increment !== undefined && place.upper === null) {
        return pageOf([], place, own, true);
      }
      const { rows, isLast } = await fittingRows(place, timeMs);
      const page = pageOf(rows, place, own, isLast);
      rowLimit = nextLimit(rowLimit, page, { most: pageSize, pageBytes: PAGE_BYTES });

      return page;
    },

    /** What was its greatest when the run began; of a whole, that there was one. */
    markOf: (end) => ({ of: subjectOf(source), value: (end as unknown as Place).upper }),

    faultOf(error) {
      const fault = dialect.faultOf(error);

      return fault.kind === 'data' ? { ...fault, kind: 'lasting' } : fault;
    },

    close,
  };

  function pageOf(rows: readonly RunRow[], place: Place, own: SourceQuery, isLast: boolean): SourcePage {
    return {
      records: rows.map((row) => new KeyedRecord(row, own)),
      after(count) {
        const row = rows[count - 1];
        const at = row === undefined ? place.at : own.keys.map((key) => keyValue(row[key], key, where));

        return { ...place, at } as unknown as Checkpoint;
      },
      isLast,
      bytes: rows.reduce((sum, row) => sum + sizeOf(row), 0),
      isRepeated: place.again,
    };
  }
}

/** @returns undefined before the first run of what is read now */
function lastOf(mark: Checkpoint, source: DatabaseSource): string | null | undefined {
  const { of, value } = (mark ?? {}) as Partial<Mark>;

  return of === subjectOf(source) ? value : undefined;
}

/** Says where it stands only when somebody asks: most rows are simply written. */
class KeyedRecord implements SourceRecord {
  readonly value: RunRow;
  readonly #query: SourceQuery;

  constructor(value: RunRow, query: SourceQuery) {
    this.value = value;
    this.#query = query;
  }

  get position(): string {
    return this.#query.keys.map((key) => `${key}=${String(this.value[key])}`).join(', ');
  }

  get key(): string {
    return this.#query.key.map((name) => String(this.value[name])).join(',');
  }
}

function conditionsOf(source: DatabaseSource, { increment }: SourceQuery, { from, upper, at }: Place): RunStatement[] {
  const own = source.condition === undefined ? [] : [statement(`(${source.condition})`)];
  if (increment === undefined || source.increment === undefined) {
    return own;
  }
  // Behind the last row that was read, the beginning is passed anyway.
  const beginning =
    at === null && from !== null
      ? [statement(`${increment.sql} ${comparison(source)} ${increment.bound}`, [from])]
      : [];
  const started = at === null && from === null ? [statement(`${increment.sql} IS NOT NULL`)] : [];

  return [...own, ...started, ...beginning, statement(`${increment.sql} <= ${increment.bound}`, [upper])];
}

function comparison({ increment }: DatabaseSource): string {
  return increment?.boundary === 'open' && increment.overlap === 0 ? '>' : '>=';
}

function greatest(dialect: RunDialect, { increment }: SourceQuery): string {
  const type = dialect.text.long === 'text' ? 'text' : 'CHAR';

  return `CAST(MAX(${increment?.sql}) AS ${type}) AS upper`;
}

/** As a value that finds the row again. */
function keyValue(value: unknown, key: string, where: string): RunValue {
  if (typeof value === 'number') {
    return value;
  }
  if (typeof value === 'string') {
    return value.endsWith('Z') && /^\d{4}-\d{2}-\d{2}[T ]/.test(value) ? value.slice(0, -1).replace('T', ' ') : value;
  }
  throw new InvalidSetting(
    `${where}: source.key`,
    `${key} = ${JSON.stringify(value)}`,
    'columns of texts, numbers or dates that are never NULL',
  );
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** About: what is no text is taken for a number. */
function sizeOf(row: RunRow): number {
  let bytes = 0;
  for (const name in row) {
    const value = row[name];
    bytes += typeof value === 'string' ? value.length : 8;
  }

  return bytes;
}
