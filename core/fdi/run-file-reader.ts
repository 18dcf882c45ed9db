import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import { valueAt } from './path.ts';
import { Rejection } from './rejection.ts';
import { declaredFields } from './run-fields.ts';
import {
  compareOrder,
  type Done,
  eachId,
  type FileObject,
  idOf,
  isFull,
  isNew,
  NOTHING_DONE,
  type Order,
  orderOf,
  pruned,
  withDone,
} from './run-file-done.ts';
import { fieldsOfNewest } from './run-file-fields.ts';
import { type FileRecord, FileRecords, FileRefused, type OpenFile } from './run-file-records.ts';
import type { FileSource } from './run-file-source.ts';
import { FileChanged, type FileStore } from './run-file-store.ts';
import type { Checkpoint, SourcePage, SourceReader } from './run-ports.ts';

interface Current extends FileObject {
  /** Where its next record begins. */
  readonly byte: number;
  readonly line: number;
  /** It was read before, as another one. */
  readonly again: boolean;
}

interface Place {
  /** Of which declaration it is. */
  readonly of: string;
  readonly done: Done;
  /** The last object of the run; null when there is none. */
  readonly upper: Order | null;
  readonly current: Current | null;
}

interface Mark {
  readonly of: string;
  readonly done: Done;
}

interface Opened {
  readonly current: Current;
  readonly records: FileRecords;
  /** Where they stand. */
  byte: number;
}

export interface FileReading {
  readonly source: FileSource;
  readonly store: FileStore;
  /** The most records of one page. */
  readonly pageSize: number;
}

const PAGE_BYTES = 1024 * 1024;
/** So many objects are remembered from one listing; what comes behind them is listed again. */
const MAX_QUEUE = 2000;
/** What changes faster than it can be read is tried again later. */
const MAX_CHANGES = 5;

/** Records of files in a bucket, file by file, each from where it was left: `docs/scheduled-tasks.md`, "From files". */
export function fileReader({ source, store, pageSize }: FileReading): SourceReader {
  const own = createHash('sha256')
    .update(JSON.stringify([source.prefix, source.format, source.csv, source.order, source.afterwards]))
    .digest('hex')
    .slice(0, 12);
  const openFile: OpenFile = (object, byte) => store.open(object, byte);
  const takes = source.afterwards.kind !== 'keep';
  let opened: Opened | undefined;
  let queue: FileObject[] = [];
  let isWhole = false;
  /** All that was listed and is not forgotten, by id: what is done is found again by it. */
  let listed = new Map<string, FileObject>();
  /** Objects that have gone because they were read. */
  const gone = new Set<string>();
  /** A place that is in the target. */
  let committed: Place | undefined;
  /** The place of the last call, and whether a page with records led to it: an empty one is not written. */
  let last: { readonly place: Place; readonly isWritten: boolean } | undefined;
  let isFilled = true;

  /** Everything that lies there; what is new, in order, as far as it can be held. @returns the last that is new */
  async function look(done: Done, upper: Order | null): Promise<Order | null> {
    const found: FileObject[] = [];
    const seen = new Map<string, FileObject>();
    const wanted = new Set([...eachId(done.ids), ...eachId(done.refused)]);
    const after = source.order === 'name' ? done.floor?.[1] : undefined;
    let last: Order | null = null;
    isWhole = true;
    for await (const object of store.list(source.prefix, after)) {
      const at = orderOf(source, object);
      if (wanted.has(idOf(object))) {
        seen.set(idOf(object), object);
      }
      if (object.key.endsWith('/') || !isNew(source, done, object) || (upper !== null && compareOrder(at, upper) > 0)) {
        continue;
      }
      found.push(object);
      last = last === null || compareOrder(at, last) > 0 ? at : last;
      if (found.length > 2 * MAX_QUEUE) {
        isWhole = false;
        cutQueue(found);
      }
    }
    cutQueue(found);
    queue = found;
    listed = seen;

    return last;
  }

  function cutQueue(objects: FileObject[]): void {
    objects.sort((a, b) => compareOrder(orderOf(source, a), orderOf(source, b)));
    isWhole &&= objects.length <= MAX_QUEUE;
    objects.length = Math.min(objects.length, MAX_QUEUE);
  }

  async function nextObject({ done, upper }: Place): Promise<FileObject | undefined> {
    if (upper === null) {
      return undefined;
    }
    for (let isLooked = isWhole; ; isLooked = true) {
      while (queue[0] !== undefined && !isNew(source, done, queue[0])) {
        queue.shift();
      }
      if (queue[0] !== undefined || isLooked) {
        return queue[0];
      }
      await look(done, upper);
    }
  }

  /** What is read goes, once all of it is in the target. */
  async function take({ ids }: Done): Promise<void> {
    if (source.afterwards.kind === 'keep') {
      return;
    }
    for (const id of eachId(ids)) {
      const object = listed.get(id);
      if (object !== undefined && !gone.has(id)) {
        await (source.afterwards.kind === 'delete'
          ? store.remove(object)
          : store.move(object, source.afterwards.prefix + object.key.slice(source.prefix.length)));
        gone.add(id);
        queue = queue.filter((other) => idOf(other) !== id);
      }
    }
  }

  async function shut(): Promise<void> {
    const old = opened;
    opened = undefined;
    await old?.records.close();
  }

  /** What was read ahead: the next call begins anew from what it is given. */
  async function forget(): Promise<void> {
    committed = undefined;
    last = undefined;
    isFilled = true;
    queue = [];
    isWhole = false;
    await shut();
  }

  async function openedAt(current: Current): Promise<Opened> {
    if (opened !== undefined && idOf(opened.current) === idOf(current) && opened.byte === current.byte) {
      return opened;
    }
    await shut();
    const { byte, line } = current;
    opened = { current, records: await FileRecords.open(source, current, openFile, { byte, line }), byte };

    return opened;
  }

  async function readOn(current: Current): Promise<{ records: FileRecord[]; isEnd: boolean; problem?: string }> {
    const records: FileRecord[] = [];
    try {
      const file = await openedAt(current);
      while (records.length < pageSize && (records.at(-1)?.end ?? current.byte) - current.byte < PAGE_BYTES) {
        const record = await file.records.next();
        if (record === undefined) {
          await shut();

          return { records, isEnd: true };
        }
        records.push(record);
        file.byte = record.end;
      }

      return { records, isEnd: false };
    } catch (error) {
      await shut();
      if (!(error instanceof FileRefused)) {
        throw error;
      }

      return { records, isEnd: true, problem: error.message };
    }
  }

  /** As it is now; undefined when there is none of this key any more. */
  async function asItIs(key: string): Promise<FileObject | undefined> {
    for await (const object of store.list(key)) {
      return object.key === key ? object : undefined;
    }

    return undefined;
  }

  async function pageAt(place: Place, current: Current): Promise<SourcePage> {
    const { records, isEnd, problem } = await readOn(current);
    const last = records.at(-1);
    const lost = problem === undefined ? [] : [lostRecord(current, last?.nextLine ?? current.line, problem)];
    const all: readonly FileRecord[] = [...records, ...lost];
    const ended = {
      ...place,
      current: null,
      done: withDone(source, place.done, current, problem !== undefined),
    };
    listed.set(idOf(current), current);
    const isLast = isEnd && (await nextObject(ended)) === undefined;

    return {
      records: all,
      after(count) {
        if (isEnd && count >= all.length) {
          return kept(ended);
        }
        const { end, nextLine } = all[count - 1] ?? { end: current.byte, nextLine: current.line };

        return kept({ ...place, current: { ...current, byte: end, line: nextLine } });
      },
      isLast,
      bytes: (last?.end ?? current.byte) - current.byte,
      isRepeated: current.again,
    };
  }

  /** Without what has gone. */
  function kept(place: Place): Checkpoint {
    const without = eachId(place.done.ids).filter((id) => !gone.has(id));
    const done = isFull(place.done) || gone.size > 0 ? { ...place.done, ids: without.join('') } : place.done;

    return { ...place, done: isFull(done) ? pruned(source, done, listed) : done } as unknown as Checkpoint;
  }

  return {
    async fields() {
      if (source.fields !== undefined) {
        return declaredFields(source.fields, valueAt);
      }
      if (source.format === 'csv' && source.csv.columns !== undefined) {
        return source.csv.columns.map((name) => ({ name, type: 'string', path: [name], at: valueAt }));
      }

      return fieldsOfNewest(source, store);
    },

    async begin(mark) {
      const { of, done = NOTHING_DONE } = (mark ?? {}) as Partial<Mark>;
      await forget();
      const known = of === own ? done : NOTHING_DONE;
      await look(known, null);
      await take(known);
      const left = pruned(source, known, new Map([...listed].filter(([id]) => !gone.has(id))));
      const upper = await look(left, null);

      return { of: own, done: left, upper, current: null } as unknown as Checkpoint;
    },

    isOwn: async (place) => (place as unknown as Place | null)?.of === own,

    async read(after) {
      const place = after as unknown as Place;
      if (last?.isWritten !== false) {
        committed = last?.place ?? place;
      }
      const { done } = committed ?? place;
      if (takes && eachId(done.ids).some((id) => !gone.has(id))) {
        await (last === undefined ? look(place.done, place.upper) : undefined);
        await take(done);
      }
      last = { place, isWritten: isFilled };
      if (isFull(place.done) && source.afterwards.kind !== 'keep') {
        throw new InvalidSetting(
          `${source.prefix}: files`,
          'hundreds that cannot be read',
          'few: look at `causeway task rejected list`, and take them away',
        );
      }
      let current = place.current ?? started(await nextObject(place));
      for (let changes = 0; current !== undefined; changes += 1) {
        try {
          const page = await pageAt(place, current);
          isFilled = page.records.length > 0;

          return page;
        } catch (error) {
          if (!(error instanceof FileChanged) || changes >= MAX_CHANGES) {
            throw error;
          }
          const now = await asItIs(current.key);
          if (now === undefined && (current.byte > 0 || current.again)) {
            isFilled = true;

            return gonePage(place, current);
          }
          queue = queue.filter(({ key }) => key !== current?.key);
          current = now === undefined ? started(await nextObject(place)) : { ...now, byte: 0, line: 1, again: true };
        }
      }

      return { records: [], after: () => kept({ ...place, current: null }), isLast: true, bytes: 0, isRepeated: false };
    },

    markOf: (end) => ({ of: own, done: (end as unknown as Place).done }) as unknown as Checkpoint,

    async settle(mark) {
      // What cannot be done now is done when the next run begins; and that one fails when it cannot do it either.
      await take((mark as unknown as Mark).done).catch(() => undefined);
    },

    faultOf: store.faultOf,

    close: () => forget().catch(() => undefined),
  };

  /** Its owner took it away in the middle: what was not read cannot be had, and somebody should know. */
  async function gonePage(place: Place, current: Current): Promise<SourcePage> {
    const ended: Place = { ...place, current: null };
    const lost = lostRecord(current, current.line, 'it was taken away while it was read');
    queue = queue.filter(({ key }) => key !== current.key);

    return {
      records: [lost],
      after: () => kept(ended),
      isLast: (await nextObject(ended)) === undefined,
      bytes: 0,
      isRepeated: false,
    };
  }
}

function started(object: FileObject | undefined): Current | undefined {
  return object && { ...object, byte: 0, line: 1, again: false };
}

/** Stands for all from a line on. */
function lostRecord({ key, byte, etag }: Current, line: number, problem: string): FileRecord {
  return {
    value: { object: key, etag },
    position: `${key}:${line}`,
    rejection: new Rejection('syntax', `the file cannot be read from line ${line} on: ${problem}`),
    end: byte,
    nextLine: line,
  };
}
