import { valueAt } from './path.ts';
import { foundFields } from './run-fields.ts';
import { compareOrder, type FileObject, orderOf } from './run-file-done.ts';
import { FileRecords, FileRefused, type OpenFile } from './run-file-records.ts';
import type { FileSource } from './run-file-source.ts';
import type { FileStore } from './run-file-store.ts';
import type { SourceField } from './run-ports.ts';

/** So many records say which fields the others have. */
const LOOKED_AT = 100;

/** Files beside the newest that are asked when that cannot be read. */
const MAX_ASKED = 10;

/**
 * The fields of the newest file that can be read; undefined where none lies that says which it has.
 *
 * @throws FileRefused when none of the newest can be read; FileChanged
 */
export async function fieldsOfNewest(
  source: FileSource,
  store: FileStore,
): Promise<readonly SourceField[] | undefined> {
  const newest: FileObject[] = [];
  for await (const object of store.list(source.prefix)) {
    if (object.bytes > 0 && !object.key.endsWith('/')) {
      newest.push(object);
      newest.sort((a, b) => compareOrder(orderOf(source, b), orderOf(source, a)));
      newest.length = Math.min(newest.length, MAX_ASKED);
    }
  }
  let refused: FileRefused | undefined;
  for (const object of newest) {
    try {
      const found = await fieldsOf(source, object, (own, byte) => store.open(own, byte));
      if (found.length > 0) {
        return found;
      }
    } catch (error) {
      if (!(error instanceof FileRefused)) {
        throw error;
      }
      refused = new FileRefused(`${object.key}: ${error.message}`);
    }
  }
  if (refused !== undefined) {
    throw refused;
  }

  return undefined;
}

async function fieldsOf(source: FileSource, object: FileObject, open: OpenFile): Promise<readonly SourceField[]> {
  const file = await FileRecords.open(source, object, open, { byte: 0, line: 1 });
  try {
    if (source.format === 'csv') {
      return file.names.map((name) => ({ name, type: 'string', path: [name], at: valueAt }));
    }
    const values: unknown[] = [];
    while (values.length < LOOKED_AT) {
      const record = await file.next();
      if (record === undefined) {
        break;
      }
      values.push(record.rejection === undefined ? record.value : undefined);
    }

    return foundFields(values);
  } finally {
    await file.close();
  }
}
