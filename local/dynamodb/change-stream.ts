import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import type { StreamEngine } from '../engines.ts';
import { AwsError } from '../errors.ts';
import type { Dynalite, DynaliteOperation } from './dynalite.ts';
import { tableStreamName } from './table-stream.ts';

type Document = Record<string, unknown>;

/** One change of an item, as DynamoDB Streams has it, `NEW_AND_OLD_IMAGES`. Ref: amazondynamodb/latest/APIReference/API_streams_Record */
export interface TableChange {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly keys: Document;
  readonly oldImage?: Document;
  readonly newImage?: Document;
}

const WRITES: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/**
 * The tables with what is done to their items noted in streams: one write of a table after the other, so that a stream has them in their order. A
 * change is in the stream before its write is answered; DynamoDB is not as quick.
 */
export class ChangeStreams {
  readonly #dynalite: Dynalite;
  readonly #stream: () => Pick<StreamEngine, 'apply' | 'remove' | 'put'>;
  /** Names of the keys, by table. */
  readonly #tables = new Map<string, readonly string[]>();
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(dynalite: Dynalite, stream: () => Pick<StreamEngine, 'apply' | 'remove' | 'put'>) {
    this.#dynalite = dynalite;
    this.#stream = stream;
  }

  async enable(table: string, keys: readonly string[]): Promise<void> {
    await this.#stream().apply({ name: tableStreamName(table), mode: 'PROVISIONED', shards: 1, retentionHours: 24 });
    this.#tables.set(table, keys);
  }

  async disable(table: string): Promise<void> {
    if (this.#tables.delete(table)) await this.#stream().remove(tableStreamName(table));
  }

  call(operation: DynaliteOperation, input: Document): Promise<Document> {
    const table = String(input['TableName'] ?? '').replace(/^.*:table\//, '');
    const keys = this.#tables.get(table);
    if (operation === 'BatchWriteItem' && this.#isStreamed(input)) {
      throw new AwsError('ValidationException', 'BatchWriteItem is not run locally on a table with a stream.');
    }
    if (keys === undefined || !WRITES.has(operation)) return this.#dynalite.call(operation, input);
    const done = (this.#last.get(table) ?? Promise.resolve()).then(() => this.#write(operation, input, table, keys));
    this.#last.set(
      table,
      done.catch(() => undefined),
    );

    return done;
  }

  #isStreamed({ RequestItems }: Document): boolean {
    return Object.keys((RequestItems ?? {}) as Document).some((table) => this.#tables.has(table));
  }

  async #write(
    operation: DynaliteOperation,
    input: Document,
    table: string,
    keys: readonly string[],
  ): Promise<Document> {
    const wanted = (operation === 'PutItem' ? input['Item'] : input['Key']) as Document | undefined;
    const Key = Object.fromEntries(keys.map((name) => [name, wanted?.[name]]));
    const read = () =>
      this.#dynalite.call('GetItem', { TableName: table, Key: structuredClone(Key), ConsistentRead: true });
    // Asked with a key that is none, dynalite says so when it writes.
    const before = (await read().catch((): Document => ({})))['Item'] as Document | undefined;
    const output = await this.#dynalite.call(operation, input);
    const after = (await read())['Item'] as Document | undefined;
    if (!isDeepStrictEqual(before, after)) {
      const change: TableChange = {
        eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
        keys: Key,
        ...(before !== undefined && { oldImage: before }),
        ...(after !== undefined && { newImage: after }),
      };
      const data = Buffer.from(JSON.stringify(change));
      await this.#stream().put(tableStreamName(table), { data, partitionKey: JSON.stringify(Key).slice(0, 256) });
    }

    return output;
  }
}
