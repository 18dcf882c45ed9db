import type { DatabaseTarget, OutletDestination } from './run-destination.ts';
import type { MongoTarget } from './run-mongo-collection.ts';

/** Records come in any order when they are replayed: only an event time tells which of two states is the last. @returns what a replay could do */
export function rowOverwriting(
  task: string,
  { table, write, eventTimeColumn }: Pick<DatabaseTarget, 'table' | 'write' | 'eventTimeColumn'>,
): string | undefined {
  if (write === 'delete') {
    return `${task} deletes rows of ${table}: a replayed record could delete one that came after it. Delete there what has to be`;
  }

  return write === 'upsert' && eventTimeColumn === undefined
    ? `${table} has no event time column: a replayed record could take the place of what came after it. Give the target of ${task} an eventTimeColumn`
    : undefined;
}

/** Documents have no event time that is looked at. */
export function documentOverwriting(
  task: string,
  { collection, write }: Pick<MongoTarget, 'collection' | 'write'>,
): string | undefined {
  if (write === 'delete') {
    return `${task} deletes documents of ${collection}: a replayed record could delete one that came after it. Delete there what has to be`;
  }

  return write === 'upsert'
    ? `${task} sets what is mapped in documents of ${collection}: a replayed record could take the place of what came after it. Look at the documents of its key`
    : undefined;
}

/** What replaces what an API has, may replace what is newer. */
export function sentOverwriting(task: string, target: OutletDestination): string | undefined {
  if (target.kind === 'redis') {
    return `${task} sets keys: a replayed record could take the place of what came after it. Look at what is at its key`;
  }

  return target.kind === 'http' && target.method !== 'POST'
    ? `${task} sends ${target.method}: a replayed record could take the place of what came after it. Look at what ${target.place} has`
    : undefined;
}
