import { Rejection } from '../../../../core/fdi/rejection.ts';
import { rollbackDocuments } from '../../../../core/fdi/rollback-documents.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import type { MongoTarget } from '../../../../core/fdi/run-mongo-collection.ts';
import type { DocumentRow } from '../../../../core/fdi/run-mongo-documents.ts';
import { mongoTarget } from '../../../../core/fdi/run-mongo-target.ts';
import type { SourceField } from '../../../../core/fdi/run-ports.ts';
import { mongoAt, type Pass, steppedMongo } from './document-replays.ts';

export interface WrittenBatch {
  readonly url: string;
  readonly target: MongoTarget;
  readonly batch: string;
  readonly values: readonly Readonly<Record<string, unknown>>[];
  readonly mapping?: ScheduledTask['mapping'];
  readonly pass?: Pass;
}

export interface DocumentUndoing {
  readonly url: string;
  readonly target: MongoTarget;
  readonly batch: string;
  readonly preview?: boolean;
  readonly remainingMs?: number;
  readonly after?: number;
  readonly pass?: Pass;
}

const CALM: Pass = async () => undefined;
const FIELDS: readonly SourceField[] = [
  { name: 'Id', type: 'integer', path: ['Id'] },
  { name: 'Name', type: 'string', path: ['Name'] },
  { name: 'Since', type: 'datetime', path: ['Since'] },
];
const MAPPING: ScheduledTask['mapping'] = [
  { column: '_id', from: 'Id' },
  { column: 'name', from: 'Name' },
  { column: 'customer.since', from: 'Since' },
];

/** A run of one page. @returns how many documents were there as they are */
export async function writeBatch({ url, target, batch, values, mapping = MAPPING, pass = CALM }: WrittenBatch) {
  const own: ScheduledTask = {
    ...{ name: 'Task', target, mapping, overlap: 'skip', after: [], pageSize: 100 },
    source: { kind: 'database', place: 'platform', table: 'rows', timeZone: 'UTC' },
  };
  const written = mongoTarget({ task: own, target, open: steppedMongo(mongoAt(url), pass), batch: () => batch });
  try {
    const plan = await written.plan(FIELDS);
    const rows = values.map((value, at) => plan.read({ value, position: `#${at}` }));
    const refused = rows.find((row) => row instanceof Rejection);
    if (refused !== undefined) {
      throw refused;
    }
    const part = { rows: rows as DocumentRow[], rejected: 0, checkpoint: 1, bytes: 1, isRepeated: false };
    const { checkpoint } = { checkpoint: null, ...(await written.claim({ id: `run of ${batch}` })) };
    // Of a process that was killed behind its page the page is there.
    const { unchanged } = checkpoint === null ? await written.write(part) : { unchanged: 0 };
    await written.finish(null);

    return unchanged;
  } finally {
    await written.close();
  }
}

/** As the task's function does it for one call. */
export function undoDocuments({
  url,
  target,
  batch,
  preview = false,
  remainingMs = 60_000,
  after,
  pass = CALM,
}: DocumentUndoing) {
  return rollbackDocuments(
    {
      ...{ task: 'Task', target, open: steppedMongo(mongoAt(url), pass) },
      ...{ remainingMs: () => remainingMs, pause: async () => undefined },
    },
    { batch, by: 'test', ...(preview && { preview }), ...(after !== undefined && { after }) },
  );
}
