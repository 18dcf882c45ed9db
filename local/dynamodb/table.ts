import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { TableDefinition } from '../engines.ts';
import { AwsError, LocalError } from '../errors.ts';
import type { Dynalite } from './dynalite.ts';

type Document = Record<string, unknown>;

interface Index extends Document {
  readonly IndexName: string;
  readonly IndexStatus?: string;
}

const POLL_MILLIS = 5;
const NO_THROUGHPUT = { ReadCapacityUnits: 0, WriteCapacityUnits: 0, NumberOfDecreasesToday: 0 };

/**
 * Creates the table, or brings its global indexes to the definition. Whatever replaces a table in CloudFormation (its
 * keys, its local indexes) is refused: nobody should lose a table by starting.
 */
export async function applyTable(dynalite: Dynalite, definition: TableDefinition, arn: string): Promise<void> {
  const wanted = creation(definition);
  const existing = await settledTable(dynalite, definition.name);
  if (existing === undefined) {
    await dynalite.call('CreateTable', structuredClone(wanted));
    await until(dynalite, definition.name, (table) => table?.['TableStatus'] === 'ACTIVE');
    return;
  }
  requireSameKeys(definition.name, existing, wanted);
  await applyIndexes(dynalite, definition.name, existing, wanted, arn);
}

/** CloudFormation's properties as CreateTable takes them; backups, encryption and tags have no local meaning, and streams are no matter of dynalite's. */
function creation({ name, properties }: TableDefinition): Document {
  const { AttributeDefinitions, KeySchema, BillingMode, ProvisionedThroughput, LocalSecondaryIndexes } = properties;
  const indexes = (properties['GlobalSecondaryIndexes'] ?? []) as readonly Document[];

  return {
    TableName: name,
    AttributeDefinitions,
    KeySchema,
    ...(BillingMode === 'PAY_PER_REQUEST'
      ? { BillingMode }
      : { ProvisionedThroughput: numbers(ProvisionedThroughput) }),
    ...(LocalSecondaryIndexes !== undefined && { LocalSecondaryIndexes }),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index['IndexName'],
        KeySchema: index['KeySchema'],
        Projection: index['Projection'],
        ...(BillingMode !== 'PAY_PER_REQUEST' && { ProvisionedThroughput: numbers(index['ProvisionedThroughput']) }),
      })),
    }),
  };
}

/** Templates may write numbers as text. */
function numbers(throughput: unknown): Document {
  const { ReadCapacityUnits = 5, WriteCapacityUnits = 5 } = (throughput ?? {}) as Document;

  return { ReadCapacityUnits: Number(ReadCapacityUnits), WriteCapacityUnits: Number(WriteCapacityUnits) };
}

/** Deletes the table, if there is one, and all that is in it. */
export async function removeTable(dynalite: Dynalite, name: string): Promise<void> {
  if ((await settledTable(dynalite, name)) === undefined) return;
  await dynalite.call('DeleteTable', { TableName: name });
  await until(dynalite, name, (table) => table === undefined);
}

/** A table whose creation or deletion the end of the runtime cut short is brought to that end first. */
async function settledTable(dynalite: Dynalite, name: string): Promise<Document | undefined> {
  const table = await dynalite.readTable(name);
  const status = table?.['TableStatus'];
  if (table === undefined || status === 'ACTIVE') return table;
  const indexes = indexesOf(table, 'Global').map((index) => ({ ...index, IndexStatus: 'ACTIVE' }));
  const settled = { ...table, TableStatus: 'ACTIVE', ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }) };
  await dynalite.writeTable(name, settled);
  if (status !== 'DELETING') return settled;
  await removeTable(dynalite, name);

  return undefined;
}

async function until(dynalite: Dynalite, name: string, done: (table: Document | undefined) => boolean): Promise<void> {
  while (!done(await dynalite.readTable(name))) await wait(POLL_MILLIS);
}

function requireSameKeys(name: string, existing: Document, wanted: Document): void {
  const changed = !isDeepStrictEqual(existing['KeySchema'], wanted['KeySchema']);
  const localChanged = !isDeepStrictEqual(
    indexesOf(existing, 'Local').map(keysOf),
    indexesOf(wanted, 'Local').map(keysOf),
  );
  if (!changed && !localChanged) return;

  throw new LocalError(
    `the ${changed ? 'keys' : 'local indexes'} of table ${name} have changed, which replaces the table: give it another name, or start with --fresh`,
  );
}

/** An index that is not ACTIVE was being filled when the runtime ended: it is filled again. */
async function applyIndexes(
  dynalite: Dynalite,
  name: string,
  existing: Document,
  wanted: Document,
  arn: string,
): Promise<void> {
  const before = indexesOf(existing, 'Global');
  const after = indexesOf(wanted, 'Global');
  const kept = before.filter(
    (index) => index.IndexStatus === 'ACTIVE' && after.some((other) => isSameIndex(index, other)),
  );
  const gone = before.filter((index) => !kept.includes(index));
  const added = after.filter((index) => !kept.some((other) => other.IndexName === index.IndexName));
  if (gone.length === 0 && added.length === 0) return;
  const tableWith = (status: string): Document => ({
    ...existing,
    AttributeDefinitions: wanted['AttributeDefinitions'],
    GlobalSecondaryIndexes: [...kept, ...added.map((index) => newIndex(index, arn, status))],
  });
  await dynalite.writeTable(name, tableWith('CREATING'));
  for (const index of gone) await dynalite.deleteIndex(name, index.IndexName);
  if (added.length > 0) await fill(dynalite, name);
  await dynalite.writeTable(name, tableWith('ACTIVE'));
}

/** Writing an item again writes its index entries. */
async function fill(dynalite: Dynalite, name: string): Promise<void> {
  let from: unknown;
  do {
    const { Items, LastEvaluatedKey } = await dynalite.call('Scan', {
      TableName: name,
      ...(from !== undefined && { ExclusiveStartKey: from }),
    });
    for (const Item of Items as Document[]) await dynalite.call('PutItem', { TableName: name, Item });
    from = LastEvaluatedKey;
  } while (from !== undefined);
}

function newIndex(index: Index, arn: string, status: string): Index {
  return {
    ProvisionedThroughput: NO_THROUGHPUT,
    ...index,
    IndexArn: `${arn}/index/${index.IndexName}`,
    IndexSizeBytes: 0,
    ItemCount: 0,
    IndexStatus: status,
  };
}

function indexesOf(table: Document, type: 'Local' | 'Global'): readonly Index[] {
  return (table[`${type}SecondaryIndexes`] ?? []) as readonly Index[];
}

function keysOf({ IndexName, KeySchema, Projection }: Document): Document {
  return { IndexName, KeySchema, Projection };
}

function isSameIndex(one: Index, other: Index): boolean {
  return isDeepStrictEqual(keysOf(one), keysOf(other));
}

/** Throws `AwsError` ResourceNotFoundException. */
export async function requireTable(dynalite: Dynalite, name: string): Promise<Document> {
  const table = await dynalite.readTable(name);
  if (table !== undefined) return table;

  throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
}
