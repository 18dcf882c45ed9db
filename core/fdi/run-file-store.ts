import type { FileObject } from './run-file-done.ts';
import type { OpenFile } from './run-file-records.ts';
import type { RunFault } from './run-ports.ts';

/** An object is not any more what it was when it was listed. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged';
}

/** The bucket, with the rights of the task. */
export interface FileStore {
  /** In the order of their keys. @param after from behind this key on */
  list(prefix: string, after?: string): AsyncIterable<FileObject>;
  /** @throws FileChanged when it is gone or another one, by then or while it is read; FileRefused when it cannot be unpacked */
  readonly open: OpenFile;
  /** Only as it was listed; no matter if it has gone. */
  move(object: FileObject, key: string): Promise<void>;
  remove(object: FileObject): Promise<void>;
  readonly faultOf: (error: unknown) => RunFault;
}
