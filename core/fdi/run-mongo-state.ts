import { createHash } from 'node:crypto';
import { NO_ROW } from './before-image.ts';
import type { Ejson, MongoDocument } from './run-mongo-port.ts';
import { ejsonAt } from './run-mongo-value.ts';

/** A member as it was: `v`; or that there was none, and where its path began to be missing. */
export type HeldMember = { readonly p: string; readonly v: Ejson } | { readonly p: string; readonly from: string };

/** What was at some paths of a document, in their order; of a batch that deletes, the whole document. */
export type HeldState = readonly HeldMember[] | MongoDocument;

/** @param paths undefined for the whole document. @returns null where there is no document */
export function stateOf(document: MongoDocument | undefined, paths: readonly string[] | null): HeldState | null {
  if (document === undefined || paths === null) {
    return document ?? null;
  }

  return paths.map((p) => {
    const names = p.split('.');
    const v = ejsonAt(document, names);

    return v === undefined ? { p, from: missingFrom(document, names) } : { p, v };
  });
}

/** 32 hexadecimal digits, others for every other state; those of no document are zeros. */
export function stateHash(state: HeldState | null): string {
  return state === null ? NO_ROW : createHash('sha256').update(JSON.stringify(state)).digest('hex').slice(0, 32);
}

/** What makes of a document what it was, in the members that are held. */
export function restoring(document: MongoDocument, members: readonly HeldMember[]): MongoDocument {
  const set = members.flatMap((member) => ('v' in member ? [[member.p, member.v] as const] : []));
  const gone = members.flatMap((member) => ('v' in member ? [] : [member]));
  const left = structuredClone(document) as Record<string, Ejson>;
  for (const { p } of gone) {
    remove(left, p.split('.'));
  }
  const unset = new Set(gone.map(({ p, from }) => emptied(left, p.split('.'), from.split('.').length)));

  return {
    ...(set.length > 0 && { $set: Object.fromEntries(set) }),
    ...(unset.size > 0 && { $unset: Object.fromEntries([...unset].map((path) => [path, ''])) }),
  };
}

/** The shortest path of which there is nothing. */
function missingFrom(document: MongoDocument, names: readonly string[]): string {
  const length = names.findIndex((_, at) => ejsonAt(document, names.slice(0, at + 1)) === undefined) + 1;

  return names.slice(0, length).join('.');
}

function remove(document: Record<string, Ejson>, names: readonly string[]): void {
  const holder = names.length === 1 ? document : ejsonAt(document, names.slice(0, -1));
  if (typeof holder === 'object' && holder !== null && !Array.isArray(holder)) {
    delete (holder as Record<string, Ejson>)[names.at(-1) ?? ''];
  }
}

/** Objects that came with a member go with it, unless somebody else has put something into them. @param shortest how much of the path was missing */
function emptied(left: MongoDocument, names: readonly string[], shortest: number): string {
  let length = names.length;
  while (length > shortest && isEmpty(ejsonAt(left, names.slice(0, length - 1)))) {
    length -= 1;
  }

  return names.slice(0, length).join('.');
}

function isEmpty(value: Ejson | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
