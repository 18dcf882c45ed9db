import { join } from 'node:path';
import { AwsError } from '../errors.ts';
import { type StateFile, stateFile } from '../state-file.ts';
import type { Dynalite } from './dynalite.ts';

type Document = Record<string, unknown>;

interface KeyElement {
  readonly AttributeName: string;
}

/** Which attribute of which table says when an item ends; and the end of those items. */
export class TimeToLive {
  readonly #dynalite: Dynalite;
  readonly #now: () => number;
  readonly #file: StateFile<Record<string, string>>;
  #attributes: Record<string, string>;

  constructor(dynalite: Dynalite, directory: string, now: () => number) {
    this.#dynalite = dynalite;
    this.#now = now;
    this.#file = stateFile(join(directory, 'time-to-live.json'), {});
    this.#attributes = this.#file.read();
  }

  attributeOf(table: string): string | undefined {
    return this.#attributes[table];
  }

  async set(table: string, attribute: string | undefined): Promise<void> {
    if (this.#attributes[table] === attribute) return;
    const { [table]: _, ...others } = this.#attributes;
    this.#attributes = attribute === undefined ? others : { ...others, [table]: attribute };
    await this.#file.write(this.#attributes);
  }

  /** Deletes what has expired. DynamoDB takes up to days for it and serves the item until then; so nobody may rely on it. */
  async sweep(): Promise<void> {
    for (const [table, attribute] of Object.entries(this.#attributes)) {
      const definition = await this.#dynalite.readTable(table);
      if (definition === undefined) continue;
      const keys = (definition['KeySchema'] as readonly KeyElement[]).map(({ AttributeName }) => AttributeName);
      await this.#sweepTable(table, attribute, keys);
    }
  }

  async #sweepTable(TableName: string, attribute: string, keys: readonly string[]): Promise<void> {
    const expired = {
      ExpressionAttributeNames: { '#ttl': attribute },
      ExpressionAttributeValues: { ':now': { N: String(Math.floor(this.#now() / 1000)) } },
    };
    let from: unknown;
    do {
      const { Items, LastEvaluatedKey } = await this.#dynalite.call('Scan', {
        TableName,
        FilterExpression: '#ttl < :now',
        ...structuredClone(expired),
        ...(from !== undefined && { ExclusiveStartKey: from }),
      });
      for (const item of Items as Document[]) {
        const Key = Object.fromEntries(keys.map((key) => [key, item[key]]));
        // Unless it was given more time meanwhile.
        await this.#dynalite
          .call('DeleteItem', { TableName, Key, ConditionExpression: '#ttl < :now', ...structuredClone(expired) })
          .catch(ignoreRenewed);
      }
      from = LastEvaluatedKey;
    } while (from !== undefined);
  }
}

function ignoreRenewed(error: unknown): void {
  if (error instanceof AwsError && error.code === 'ConditionalCheckFailedException') return;
  throw error;
}
