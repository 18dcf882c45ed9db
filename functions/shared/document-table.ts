import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { Refusal } from '../../core/errors.ts';
import { type DynamodbOperation, dynamodbCall } from './dynamodb-call.ts';

/** Access to one DynamoDB table as documents. `Item` is what it holds, `Key` the names of its key attributes. */
export interface DocumentTable<Item extends object, Key extends string & keyof Item> {
  /** Reads one item, strongly consistent: what was written a moment ago is seen. */
  get<T extends Item = Item>(key: Pick<Item, Key>): Promise<T | undefined>;
  /** Reads two items in one call, each as `get` does. */
  getBoth<T extends Item = Item, U extends Item = Item>(
    one: Pick<Item, Key>,
    other: Pick<Item, Key>,
  ): Promise<readonly [T | undefined, U | undefined]>;
  /** Writes a whole item. With `ifAbsent` an item of the same key stays as it is and the answer is false. */
  put<T extends Item>(item: T, options?: { readonly ifAbsent?: boolean }): Promise<boolean>;
  /**
   * Sets these attributes of an existing item (undefined removes one). Answers false when there is no such item, or its attributes are not
   * those of `onlyIf` (undefined: not there).
   */
  update<T extends Item = Item>(
    key: Pick<Item, Key>,
    attributes: Partial<Omit<T, Key>>,
    options?: { readonly onlyIf?: Scalars<T> },
  ): Promise<boolean>;
  /** Removes an item; no matter if it existed. */
  delete(key: Pick<Item, Key>): Promise<void>;
  /** One page of the items whose attribute (the partition key of the table or of `index`) has this value, in order of the sort key. */
  query<T extends Item = Item>(partition: Partial<T>, options?: QueryOptions): Promise<Page<T>>;
  /** All pages of such a query. */
  queryAll<T extends Item = Item>(partition: Partial<T>, options?: Omit<QueryOptions, 'next'>): Promise<T[]>;
}

/** Some attributes of an item that are text, a number or a boolean. */
type Scalars<T> = { readonly [name in keyof T]?: Extract<T[name], string | number | boolean> | undefined };

export interface QueryOptions {
  /** A global secondary index instead of the table; then the read is eventually consistent. */
  readonly index?: string;
  /** At most so many items a page; as many as fit in 1 MB by default. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly next?: string;
  /** From the end of the sort key's order. */
  readonly backwards?: boolean;
}

export interface Page<T> {
  readonly items: T[];
  /** Opaque; present when there is more. */
  readonly next?: string;
}

interface Answer {
  readonly Item?: Record<string, AttributeValue>;
  readonly Items?: readonly Record<string, AttributeValue>[];
  readonly LastEvaluatedKey?: Record<string, AttributeValue>;
  /** By table; in no order. */
  readonly Responses?: Readonly<Record<string, readonly Record<string, AttributeValue>[]>>;
  /** What was not read, for want of capacity. */
  readonly UnprocessedKeys?: object;
}

/** @param keys names of the key attributes: partition key, then sort key if there is one */
export function documentTable<Item extends object, Key extends string & keyof Item>(
  table: string,
  keys: readonly Key[],
): DocumentTable<Item, Key> {
  const TableName = table;

  async function query<T extends Item>(partition: Partial<T>, options: QueryOptions = {}): Promise<Page<T>> {
    const { equals, names, values } = equality(partition);
    const { Items = [], LastEvaluatedKey } = await call('Query', {
      TableName,
      IndexName: options.index,
      ConsistentRead: options.index === undefined,
      KeyConditionExpression: equals,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      Limit: options.limit,
      ...(options.backwards && { ScanIndexForward: false }),
      ExclusiveStartKey: options.next === undefined ? undefined : decodePageToken(options.next, partition),
    });
    const items = Items.map((item) => unmarshall(item) as T);

    return LastEvaluatedKey ? { items, next: encodePageToken(LastEvaluatedKey) } : { items };
  }

  async function get<T extends Item>(key: Pick<Item, Key>): Promise<T | undefined> {
    const { Item: item } = await call('GetItem', {
      TableName,
      Key: marshalled(pick(key, keys)),
      ConsistentRead: true,
    });

    return item && (unmarshall(item) as T);
  }

  return {
    get,

    async getBoth<T extends Item, U extends Item>(one: Pick<Item, Key>, other: Pick<Item, Key>) {
      const Keys = [one, other].map((key) => marshalled(pick(key, keys)));
      const { Responses = {}, UnprocessedKeys = {} } = await call('BatchGetItem', {
        RequestItems: { [TableName]: { Keys, ConsistentRead: true } },
      });
      if (Object.keys(UnprocessedKeys).length > 0) {
        return Promise.all([get<T>(one), get<U>(other)]);
      }
      const items = (Responses[TableName] ?? []).map((item) => unmarshall(item) as Item);
      const of = (key: Pick<Item, Key>) => items.find((item) => keys.every((name) => item[name] === key[name]));

      return [of(one) as T | undefined, of(other) as U | undefined];
    },

    put(item, options = {}) {
      return unlessConditionFails('PutItem', {
        TableName,
        Item: marshalled(item),
        ...(options.ifAbsent
          ? {
              ConditionExpression: 'attribute_not_exists(#key)',
              ExpressionAttributeNames: { '#key': keys[0] as string },
            }
          : {}),
      });
    },

    update(key, attributes, { onlyIf = {} } = {}) {
      const entries = Object.entries(attributes);
      const sets = entries.flatMap(([, value], i) => (value === undefined ? [] : [`#a${i} = :a${i}`]));
      const removes = entries.flatMap(([, value], i) => (value === undefined ? [`#a${i}`] : []));
      const conditions = Object.entries(onlyIf);
      const values = Object.fromEntries([
        ...entries.flatMap(([, value], i) => (value === undefined ? [] : [[`:a${i}`, value]])),
        ...conditions.flatMap(([, value], i) => (value === undefined ? [] : [[`:c${i}`, value]])),
      ]);

      return unlessConditionFails('UpdateItem', {
        TableName,
        Key: marshalled(pick(key, keys)),
        UpdateExpression: [
          ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
          ...(removes.length > 0 ? [`REMOVE ${removes.join(', ')}`] : []),
        ].join(' '),
        ConditionExpression: [
          'attribute_exists(#key)',
          ...conditions.map(([, value], i) =>
            value === undefined ? `attribute_not_exists(#c${i})` : `#c${i} = :c${i}`,
          ),
        ].join(' AND '),
        ExpressionAttributeNames: {
          '#key': keys[0] as string,
          ...Object.fromEntries(entries.map(([name], i) => [`#a${i}`, name])),
          ...Object.fromEntries(conditions.map(([name], i) => [`#c${i}`, name])),
        },
        ExpressionAttributeValues: Object.keys(values).length > 0 ? marshalled(values) : undefined,
      });
    },

    async delete(key) {
      await call('DeleteItem', { TableName, Key: marshalled(pick(key, keys)) });
    },

    query,

    async queryAll<T extends Item>(partition: Partial<T>, options: Omit<QueryOptions, 'next'> = {}) {
      const items: T[] = [];
      for (let next: string | undefined; ; ) {
        const page = await query<T>(partition, next === undefined ? options : { ...options, next });
        items.push(...page.items);
        next = page.next;
        if (next === undefined) {
          return items;
        }
      }
    },
  };
}

function call(operation: DynamodbOperation, input: object): Promise<Answer> {
  return dynamodbCall(operation, input);
}

async function unlessConditionFails(operation: DynamodbOperation, input: object): Promise<boolean> {
  try {
    await call(operation, input);

    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') {
      return false;
    }
    throw error;
  }
}

function equality(partition: object) {
  const entries = Object.entries(partition);

  return {
    equals: entries.map((_, i) => `#k${i} = :k${i}`).join(' AND '),
    names: Object.fromEntries(entries.map(([name], i) => [`#k${i}`, name])),
    values: marshalled(Object.fromEntries(entries.map(([, value], i) => [`:k${i}`, value]))),
  };
}

function pick<T extends object>(value: T, keys: readonly (keyof T)[]): object {
  return Object.fromEntries(keys.map((key) => [key, value[key]]));
}

function marshalled(value: object): Record<string, AttributeValue> {
  return marshall(value, { removeUndefinedValues: true });
}

function encodePageToken(key: Record<string, AttributeValue>): string {
  return Buffer.from(JSON.stringify(unmarshall(key))).toString('base64url');
}

/** The caller hands the token back, so anything may come: DynamoDB takes only a key, and one of the partition that is asked for. */
function decodePageToken(next: string, partition: object): Record<string, AttributeValue> {
  const key = parsedToken(next);
  const fits = Object.entries(partition).every(([name, value]) => key?.[name] === value);
  if (key === undefined || !fits || !Object.values(key).every((value) => typeof value === 'string')) {
    throw new Refusal('CAUSEWAY.0400', {
      message: `next: received ${JSON.stringify(next)}; allowed: the "next" of the page before`,
    });
  }

  return marshalled(key);
}

function parsedToken(next: string): Record<string, unknown> | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(next, 'base64url').toString('utf8'));

    return typeof key === 'object' && key !== null ? (key as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
