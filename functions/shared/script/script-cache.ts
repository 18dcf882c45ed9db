import { InvalidSetting } from '../../../core/errors.ts';
import { AwsRequestFailed } from '../aws-request.ts';
import { type DynamodbOperation, dynamodbCall } from '../dynamodb-call.ts';

/** What scripts keep from one call to the next: texts by key, in a table of their integration. */
export interface ScriptCache {
  /** @returns null for what is not there or no longer good */
  get(key: string): Promise<string | null>;
  /** @param seconds then it is gone; null: it stays */
  put(key: string, value: string, seconds: number | null): Promise<void>;
  /** @returns how many there were: 1 or 0 */
  remove(key: string): Promise<number>;
}

/** The cache did not do what a script wanted; its message is for the script. */
export class CacheFailed extends Error {
  override readonly name = 'CacheFailed';
}

const TABLE = 'CACHE_TABLE';
/** DynamoDB takes 2,048 bytes of a key, and 400 KB of an item. */
const MAX_KEY_BYTES = 1024;
const MAX_VALUE_BYTES = 350 * 1024;
const MAX_SECONDS = 10 * 365 * 86_400;

interface Item {
  readonly value?: { readonly S: string };
  readonly until?: { readonly N: string };
}

/** @param now milliseconds since the epoch */
export function scriptCache(now: () => number = Date.now): ScriptCache {
  return {
    async get(key) {
      const { Item: item } = await ask<{ Item?: Item }>('GetItem', { Key: keyOf(key), ConsistentRead: true });

      // DynamoDB removes what is over within days, not at once.
      return item === undefined || Number(item.until?.N ?? Number.POSITIVE_INFINITY) * 1000 <= now()
        ? null
        : (item.value?.S ?? null);
    },

    async put(key, value, seconds) {
      if (Buffer.byteLength(value) > MAX_VALUE_BYTES) {
        throw new InvalidSetting(
          'the cache: value',
          `${Buffer.byteLength(value)} bytes`,
          `at most ${MAX_VALUE_BYTES} bytes`,
        );
      }
      if (seconds !== null && !(Number.isInteger(seconds) && seconds > 0 && seconds <= MAX_SECONDS)) {
        throw new InvalidSetting('the cache: seconds', seconds, `a whole number from 1 to ${MAX_SECONDS}`);
      }
      const until = seconds === null ? {} : { until: { N: String(Math.ceil(now() / 1000) + seconds) } };
      await ask('PutItem', { Item: { ...keyOf(key), value: { S: value }, ...until } });
    },

    async remove(key) {
      const { Attributes } = await ask<{ Attributes?: Item }>('DeleteItem', {
        Key: keyOf(key),
        ReturnValues: 'ALL_OLD',
      });
      const over = Number(Attributes?.until?.N ?? Number.POSITIVE_INFINITY) * 1000 <= now();

      return Attributes === undefined || over ? 0 : 1;
    },
  };
}

function keyOf(key: string): object {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > MAX_KEY_BYTES) {
    throw new InvalidSetting('the cache: key', `${bytes} bytes`, `1 to ${MAX_KEY_BYTES} bytes`);
  }

  return { key: { S: key } };
}

async function ask<Answer extends object>(operation: DynamodbOperation, input: object): Promise<Answer> {
  const table = process.env[TABLE];
  if (table === undefined) {
    throw new CacheFailed(
      'this function has no cache: its scripts name CacheUtils or RedisClient by no path that was found',
    );
  }
  try {
    return (await dynamodbCall(operation, { TableName: table, ...input })) as Answer;
  } catch (cause) {
    // What AWS says names the table and the role: for the log.
    throw cause instanceof AwsRequestFailed
      ? new CacheFailed('the cache cannot be used at the moment', { cause })
      : cause;
  }
}
