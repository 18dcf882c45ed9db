import type { Duration } from 'aws-cdk-lib';
import { Aws } from 'aws-cdk-lib';
import type { AfterFile, CsvForm, FileSource } from '../../core/fdi/run-file-source.ts';
import type { MetadataField } from '../../core/fdi/topic-task.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import type { IFileBucket } from './file-bucket.ts';

/** Files in a bucket as a source. */
export interface FileSourceProps {
  readonly files: {
    /** A `FileBucket`, or the name of one of the account. */
    readonly bucket: IFileBucket | string;
    /**
     * What the keys of the files begin with: `orders/`.
     * @default '', the whole bucket
     */
    readonly prefix?: string;
    /** `csv`, or `json-lines`: an object in each line. Files whose name ends with `.gz` are unpacked. */
    readonly format: FileSource['format'];
    /** @default - commas and double quotes, and a first line that names the columns */
    readonly csv?: Partial<CsvForm>;
    /**
     * Which file comes first: the one that arrived first, or the first by name. Files that are kept are known by that to be read: by name, each new
     * one has to come behind all before it.
     * @default 'modified'
     */
    readonly order?: FileSource['order'];
    /**
     * Of files that are kept: how much older than one that was read a file may say it is when it shows. An upload in parts shows when it is done and
     * says when it began.
     * @default Duration.hours(1)
     */
    readonly late?: Duration;
    /**
     * What becomes of a file when all of it is in the target: `keep`, `delete`, or `{ move: 'done/' }` under another prefix.
     * @default 'keep'
     */
    readonly afterwards?: 'keep' | 'delete' | { readonly move: string };
  };
  /**
   * What is read of a record: alias, type, path; `@object` and `@line` are where it stands.
   * @default - the columns of the newest file, or the members of its first records, by their names
   */
  readonly fields?: readonly MetadataField[];
  /**
   * How dates and times without an offset are meant; they are written in UTC.
   * @default 'UTC', which carries them as they are
   */
  readonly timeZone?: string;
  readonly table?: never;
  readonly database?: never;
  readonly redis?: never;
  readonly mongodb?: never;
  readonly http?: never;
}

/** What the runner is told of it. */
export function fileSourceOf({ files, fields, timeZone = 'UTC' }: FileSourceProps): FileSource {
  const { prefix = '', format, csv = {}, order = 'modified', late, afterwards = 'keep' } = files;

  return {
    kind: 'file',
    ...{ prefix, format, order, timeZone },
    csv: { delimiter: csv.delimiter ?? ',', quote: csv.quote ?? '"', ...(csv.columns && { columns: csv.columns }) },
    lateSeconds: late?.toSeconds() ?? 3600,
    afterwards: afterOf(afterwards),
    ...(fields !== undefined && { fields }),
  };
}

/** The bucket of a source, for whoever looks for it. */
export function filesText({ files: { bucket, prefix = '' } }: FileSourceProps): string {
  return `s3://${typeof bucket === 'string' ? bucket : bucket.bucketName}/${prefix}`;
}

/** Lets the runner read what lies under the prefix, and take away only what it is told to. */
export function joinFiles(runner: HandlerFunction, { files }: FileSourceProps): void {
  const { bucket, prefix = '' } = files;
  const name = typeof bucket === 'string' ? bucket : bucket.bucketName;
  const arn = typeof bucket === 'string' ? `arn:${Aws.PARTITION}:s3:::${bucket}` : bucket.bucketArn;
  const after = afterOf(files.afterwards ?? 'keep');
  const because = 'Files come and go: the prefix says which ones are meant.';
  runner
    .variable('SOURCE_BUCKET', name)
    .allow(['s3:ListBucket'], [arn], { conditions: { StringLike: { 's3:prefix': `${prefix}*` } } })
    .allow(['s3:GetObject', ...(after.kind === 'keep' ? [] : ['s3:DeleteObject'])], [`${arn}/${prefix}*`], { because });
  if (after.kind === 'move') {
    runner.allow(['s3:PutObject'], [`${arn}/${after.prefix}*`], { because });
  }
}

function afterOf(afterwards: NonNullable<FileSourceProps['files']['afterwards']>): AfterFile {
  return typeof afterwards === 'string' ? { kind: afterwards } : { kind: 'move', prefix: afterwards.move };
}
