type Document = Record<string, unknown>;

/** One item, by its key. */
export interface KeyRead {
  readonly table: string;
  readonly key: Document;
}

const TABLE_NAME = /^[a-zA-Z0-9_.-]{3,255}$/;
/** Items of the largest size, and an answer of at most 1 MB: more may not fit, which is for dynalite to say. */
const MAX_KEYS = 2;

/**
 * The items a GetItem or a BatchGetItem asks for, if it asks as functions do, whole items by keys of text: then dynalite's checks of its form,
 * which take longer than the reading, have nothing to find. Undefined for anything else, which is no judgement.
 */
export function plainReads(operation: string, input: Document): readonly KeyRead[] | undefined {
  if (operation === 'GetItem') {
    const { TableName: table, Key: key, ConsistentRead: consistent, ...others } = input;
    const read = keyRead(table, key, consistent, others);

    return read && [read];
  }
  if (operation !== 'BatchGetItem') return undefined;
  const { RequestItems: requests, ...others } = input;
  if (!isDocument(requests) || !isEmpty(others)) return undefined;
  const [[table, request] = [], ...more] = Object.entries(requests);
  if (more.length > 0 || !isDocument(request)) return undefined;
  const { Keys: keys, ConsistentRead: consistent, ...rest } = request;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) return undefined;
  const reads = keys.map((key) => keyRead(table, key, consistent, rest));
  const texts = new Set(reads.map((read) => read && JSON.stringify(Object.entries(read.key).sort())));

  return reads.every((read) => read !== undefined) && texts.size === reads.length ? reads : undefined;
}

function keyRead(table: unknown, key: unknown, consistent: unknown, others: Document): KeyRead | undefined {
  if (typeof table !== 'string' || !TABLE_NAME.test(table) || !isEmpty(others)) return undefined;
  if ((consistent !== undefined && typeof consistent !== 'boolean') || !isDocument(key)) return undefined;

  return Object.values(key).every(isText) ? { table, key } : undefined;
}

/** `{"S":"…"}` */
function isText(value: unknown): boolean {
  if (!isDocument(value)) return false;
  const { S: text, ...others } = value;

  return typeof text === 'string' && text !== '' && isEmpty(others);
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;

  return true;
}
