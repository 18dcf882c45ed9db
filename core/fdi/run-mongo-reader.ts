import { createHash } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import { nextLimit } from './page-limit.ts';
import { parsePath, valueAt } from './path.ts';
import { declaredFields } from './run-fields.ts';
import { mongoFault } from './run-mongo-fault.ts';
import { firstBound, laterBound } from './run-mongo-mark.ts';
import { batchOf, type Ejson, type MongoDocument, type MongoSession, type OpenMongo } from './run-mongo-port.ts';
import type { MongoSource } from './run-mongo-source.ts';
import { type Bracket, bracketOf, ejsonAt, plainValue, typeOfValue } from './run-mongo-value.ts';
import type { Checkpoint, SourceField, SourcePage, SourceReader, SourceRecord } from './run-ports.ts';
import { timeZoneOffset } from './time-zone.ts';
import type { MetadataType } from './topic-task.ts';

/** Where a run is. Values as extended JSON has them. */
interface Place {
  /** Of which declaration it is. */
  readonly of: string;
  /** Between which values of the growing field it reads. */
  readonly from: Ejson;
  readonly upper: Ejson;
  /** The growing value and the id of the last document that was written; the id alone of a whole. */
  readonly at: readonly Ejson[] | null;
  /** Something was read before this run, or is read again. */
  readonly again: boolean;
}

interface Mark {
  readonly of: string;
  readonly value: Ejson;
}

export interface MongoReading {
  readonly source: MongoSource;
  readonly open: OpenMongo;
  /** The most documents of one page. */
  readonly pageSize: number;
  /** For messages: the task's name. */
  readonly where: string;
}

/** So many documents say what the others hold, where nobody has declared it; the newest. */
const LOOKED_AT = 500;
const FIRST_LIMIT = 200;
/** About as much as a page holds in memory, as text. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** The lookups of a run's beginning go by an index, or are too slow for a source that is read often. */
const LOOK_MS = 60_000;
const GROWING: readonly Bracket[] = ['date', 'objectId', 'number'];

/** Documents of a collection, by `_id`, or by a growing field and it: page by page, never by skip. */
export function mongoReader({ source, open, pageSize, where }: MongoReading): SourceReader {
  const { collection, increment } = source;
  const growing = increment === undefined ? undefined : parsePath(increment.field, 'increment.field').map(String);
  const zone = timeZoneOffset(source.timeZone, `${where}: source.timeZone`);
  const subject = `${collection} ${increment?.field ?? ''}`;
  const own = createHash('sha256')
    .update(JSON.stringify([subject, source.filter ?? null]))
    .digest('hex')
    .slice(0, 12);
  const projection = projectionOf(source);
  let session: MongoSession | undefined;
  let limit = Math.min(FIRST_LIMIT, pageSize);

  async function find(
    {
      filter,
      sort,
      most,
    }: { readonly filter: readonly MongoDocument[]; readonly sort: MongoDocument; readonly most: number },
    timeMs: number,
    shown: MongoDocument | undefined = projection,
  ) {
    session ??= await open();
    const all = [...(source.filter === undefined ? [] : [source.filter]), ...filter];
    const reply = await session.command(
      {
        ...{ find: collection, filter: all.length === 0 ? {} : { $and: all }, sort, limit: most, batchSize: most },
        ...(shown !== undefined && { projection: shown }),
        maxTimeMS: Math.max(1, Math.round(timeMs)),
      },
      timeMs,
    );
    const { documents, cursor } = batchOf(reply);
    if (cursor !== '0') {
      // 16 MiB are a reply: what did not fit comes with the next page.
      await session.command({ killCursors: collection, cursors: [{ $numberLong: cursor }] });
    }

    return { documents, isLast: cursor === '0' && documents.length < most };
  }

  /** The least and the greatest value at a path: with both of one kind, all between are of it. */
  async function ends(path: readonly string[], filter: readonly MongoDocument[]): Promise<readonly Ejson[]> {
    const name = path.join('.');
    const found: Ejson[] = [];
    for (const direction of [1, -1]) {
      const { documents } = await find({ filter, sort: { [name]: direction }, most: 1 }, LOOK_MS, {
        _id: 1,
        [name]: 1,
      });
      found.push(...documents.map((document) => ejsonAt(document, path) ?? null));
    }

    return found;
  }

  /** A comparison finds values of its own kind only: ids of two kinds would be read in part. */
  async function checkIds(): Promise<void> {
    const [first, last] = await ends(['_id'], []);
    const [one, other] = [bracketOf(first), bracketOf(last)];
    if (first === undefined || last === undefined || (one === other && one !== 'other')) {
      return;
    }
    throw new InvalidSetting(
      `${where}: source.collection`,
      `${collection}, with an _id of the kind ${one} and another of the kind ${other}`,
      'ids that are all numbers, texts, ObjectIds or dates; `filter` can choose those of one kind: `{ _id: { $type: "objectId" } }`',
    );
  }

  /** @returns undefined where no document has the field */
  async function greatest(path: readonly string[]): Promise<Ejson | undefined> {
    const name = path.join('.');
    const [first, last] = await ends(path, [{ [name]: { $ne: null } }]);
    const [one, other] = [bracketOf(first), bracketOf(last)];
    if (first === undefined || last === undefined) {
      return undefined;
    }
    if (one !== other || !GROWING.includes(one)) {
      throw new InvalidSetting(
        `${where}: source.increment.field`,
        `${name}, with a value of the kind ${one} and another of the kind ${other}`,
        'values that are all dates, all ObjectIds or all numbers',
      );
    }

    return last;
  }

  async function close(): Promise<void> {
    const old = session;
    session = undefined;
    await old?.close();
  }

  return {
    async fields() {
      if (source.fields !== undefined) {
        return declaredFields(source.fields, valueAt);
      }
      const { documents } = await find({ filter: [], sort: { _id: -1 }, most: LOOKED_AT }, LOOK_MS);

      return documents.length === 0 ? undefined : fieldsOf(documents);
    },

    async begin(mark) {
      await checkIds();
      const { of, value = null } = (mark ?? {}) as Partial<Mark>;
      const again = of === subject;
      const last = again ? value : null;
      if (increment === undefined || growing === undefined) {
        return { of: own, from: null, upper: null, at: null, again } as Checkpoint;
      }
      const found = await greatest(growing);
      const upper = found ?? last;
      const from =
        last === null
          ? firstBound(increment, upper, zone, `${where}: source.increment.initial`)
          : laterBound(last, increment.overlap);

      return { of: own, from, upper, at: null, again } as unknown as Checkpoint;
    },

    isOwn: async (place) => (place as unknown as Place | null)?.of === own,

    async read(after, timeMs) {
      const place = after as unknown as Place;
      if (growing !== undefined && place.upper === null) {
        return pageOf([], place, true);
      }
      const name = growing?.join('.');
      const sort = name === undefined || name === '_id' ? { _id: 1 } : { [name]: 1, _id: 1 };
      const { documents, isLast } = await find({ filter: conditionsOf(place, name), sort, most: limit }, timeMs);
      const page = pageOf(documents, place, isLast);
      limit = nextLimit(limit, page, { most: pageSize, pageBytes: PAGE_BYTES });

      return page;
    },

    markOf: (end) => ({ of: subject, value: (end as unknown as Place).upper }) as unknown as Checkpoint,

    faultOf(error) {
      const fault = mongoFault(error);

      return fault.kind === 'data' ? { ...fault, kind: 'lasting' } : fault;
    },

    close,
  };

  function conditionsOf({ from, upper, at }: Place, name: string | undefined): MongoDocument[] {
    if (name === undefined) {
      return at === null ? [] : [{ _id: { $gt: at[0] ?? null } }];
    }
    const last: MongoDocument[] = [{ [name]: { $lte: upper } }];
    if (at === null) {
      const isOpen = increment?.boundary === 'open' && increment.overlap === 0;

      return from === null ? last : [{ [name]: { [isOpen ? '$gt' : '$gte']: from } }, ...last];
    }
    const [value = null, id = null] = at;
    const behind: MongoDocument = { $or: [{ [name]: { $gt: value } }, { [name]: value, _id: { $gt: id } }] };

    return [{ [name]: { $gte: value } }, ...last, behind];
  }

  function pageOf(documents: readonly MongoDocument[], place: Place, isLast: boolean): SourcePage {
    const sizes = documents.map((document) => JSON.stringify(document).length);

    return {
      records: documents.map(recordOf),
      after(count) {
        const document = documents[count - 1];
        const id = document?.['_id'] ?? null;
        const at =
          document === undefined ? place.at : growing === undefined ? [id] : [ejsonAt(document, growing) ?? null, id];

        return { ...place, at } as unknown as Checkpoint;
      },
      isLast,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      isRepeated: place.again,
    };
  }
}

function recordOf(document: MongoDocument): SourceRecord {
  const value = plainValue(document);
  const id = plainValue(document['_id'] ?? null);
  const text = typeof id === 'string' ? id : JSON.stringify(id);

  return { value, position: `_id=${text}`, key: text };
}

/** What the fields want, what it is read by, and no more; all where nobody has said. */
function projectionOf({ fields, increment }: MongoSource): MongoDocument | undefined {
  if (fields === undefined) {
    return undefined;
  }
  const paths = [...fields.map(({ path }) => parsePath(path, 'path')), parsePath(increment?.field ?? '_id', 'field')];
  const names = paths.map((path) => {
    const end = path.findIndex((step) => typeof step === 'number');

    return (end < 0 ? path : path.slice(0, end)).join('.');
  });
  if (names.includes('')) {
    return undefined;
  }
  // A path and another one below it collide.
  const widest = names.filter((name) => !names.some((other) => name.startsWith(`${other}.`)));

  return Object.fromEntries(['_id', ...widest].map((name) => [name, 1]));
}

/** The members of these, of the type that all their values have: a text where they differ. */
function fieldsOf(documents: readonly MongoDocument[]): readonly SourceField[] {
  const types = new Map<string, MetadataType | undefined>();
  for (const document of documents) {
    for (const [name, value] of Object.entries(document)) {
      types.set(name, joined(types.get(name), typeOfValue(value)));
    }
  }

  return [...types].map(([name, type = 'string']) => ({ name, type, path: [name], at: valueAt }));
}

function joined(one: MetadataType | undefined, other: MetadataType | undefined): MetadataType | undefined {
  if (one === undefined || other === undefined || one === other) {
    return one ?? other;
  }
  const isNumber = (type: MetadataType) => type === 'integer' || type === 'number';

  return isNumber(one) && isNumber(other) ? 'number' : 'string';
}
