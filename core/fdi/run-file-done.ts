import { createHash } from 'node:crypto';
import type { FileSource } from './run-file-source.ts';

/** An object as a listing has it. */
export interface FileObject {
  readonly key: string;
  readonly etag: string;
  /** Milliseconds since 1970. S3 counts whole seconds, and of an upload in parts when it began. */
  readonly modified: number;
  readonly bytes: number;
}

/** By which objects are ordered. */
export type Order = readonly [modified: number, key: string];

/** Which objects are read: everything up to a place, and some behind it. */
export interface Done {
  /** Everything up to it counts as read, whenever it appears; null where objects go once they are read. */
  readonly floor: Order | null;
  /** Objects beyond it that are read: `ID_CHARACTERS` for each. */
  readonly ids: string;
  /** Objects that cannot be read, and stay where they are. */
  readonly refused: string;
}

export const NOTHING_DONE: Done = Object.freeze({ floor: null, ids: '', refused: '' });

/** 48 bits tell a thousand objects apart: with a chance of one in 500 million two of them are taken for one. */
const ID_CHARACTERS = 8;
/** What a task remembers fits into its place. */
const MAX_IDS = 400;

/** The same object only as long as nobody writes it anew. */
export function idOf({ key, etag, modified }: Pick<FileObject, 'key' | 'etag' | 'modified'>): string {
  return createHash('sha256').update(`${key}\0${etag}\0${modified}`).digest('base64url').slice(0, ID_CHARACTERS);
}

export function orderOf(
  { order }: Pick<FileSource, 'order'>,
  { modified, key }: Pick<FileObject, 'modified' | 'key'>,
): Order {
  return [order === 'name' ? 0 : modified, key];
}

export function compareOrder(a: Order, b: Order): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : Number(a[1] > b[1]));
}

/** Whether the object is still to be read. */
export function isNew(source: FileSource, { floor, ids, refused }: Done, object: FileObject): boolean {
  if (floor !== null && compareOrder(orderOf(source, object), floor) <= 0) {
    return false;
  }
  const id = idOf(object);

  return !hasId(ids, id) && !hasId(refused, id);
}

/** What is read when this object is, too. @param isRefused it could not be read */
export function withDone(source: FileSource, done: Done, object: FileObject, isRefused = false): Done {
  if (source.afterwards.kind === 'keep' && source.order === 'name') {
    return { ...done, floor: orderOf(source, object) };
  }
  if (isRefused && source.afterwards.kind !== 'keep') {
    return { ...done, refused: done.refused + idOf(object) };
  }

  return { ...done, ids: done.ids + idOf(object) };
}

/**
 * Forgets what has gone, and of objects that are kept those that are so much older than the newest that was read that nothing older can show any
 * more, and the oldest when they are too many.
 *
 * @param listed everything that lies there, by id
 */
export function pruned(source: FileSource, done: Done, listed: ReadonlyMap<string, FileObject>): Done {
  const known = (ids: string) => eachId(ids).filter((id) => listed.has(id));
  const refused = known(done.refused).join('');
  if (source.afterwards.kind !== 'keep' || source.order === 'name') {
    return { ...done, ids: known(done.ids).join(''), refused };
  }
  const orders = known(done.ids)
    .map((id) => ({ id, at: orderOf(source, listed.get(id) as FileObject) }))
    .sort((a, b) => compareOrder(a.at, b.at));
  const newest = orders.at(-1)?.at[0];
  const tooMany = orders[orders.length - MAX_IDS / 2 - 1];
  const floors = [
    done.floor,
    newest === undefined ? null : ([newest - source.lateSeconds * 1000 - 1, ''] as const),
    orders.length > MAX_IDS && tooMany !== undefined ? tooMany.at : null,
  ].filter((floor) => floor !== null);
  const floor = floors.sort(compareOrder).at(-1) ?? null;
  const kept = orders.filter(({ at }) => floor === null || compareOrder(at, floor) > 0);

  return { floor, ids: kept.map(({ id }) => id).join(''), refused };
}

export function isFull({ ids, refused }: Done): boolean {
  return ids.length + refused.length > MAX_IDS * ID_CHARACTERS;
}

export function eachId(ids: string): string[] {
  return ids.match(new RegExp(`.{${ID_CHARACTERS}}`, 'g')) ?? [];
}

function hasId(ids: string, id: string): boolean {
  for (let at = ids.indexOf(id); at >= 0; at = ids.indexOf(id, at + 1)) {
    if (at % ID_CHARACTERS === 0) {
      return true;
    }
  }

  return false;
}
