import { join } from 'node:path';
import { arn } from '../account.ts';
import type { DynamodbEngine, EngineHost, TableDefinition } from '../engines.ts';
import { LocalError } from '../errors.ts';
import { DynaliteBackEnd, DynamodbRefusal } from './back-end.ts';
import { dynamodbService } from './service.ts';

/** Of a resource's properties, those that CreateTable takes and that mean something here. */
const CREATION = [
  ...['AttributeDefinitions', 'KeySchema', 'BillingMode', 'ProvisionedThroughput'],
  ...['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'],
];
/** What cannot be changed without losing what is in the table (dynalite cannot add an index to a table with items either). */
const FIXED = ['KeySchema', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes'];

/** DynamoDB on this machine: dynalite, its data below `<state>/dynamodb`. */
export function createDynamodbEngine(host: Pick<EngineHost, 'state'>): DynamodbEngine {
  const backEnd = new DynaliteBackEnd(join(host.state, 'dynamodb'));

  return {
    services: [dynamodbService(backEnd)],
    start: () => backEnd.start(),
    stop: () => backEnd.stop(),

    async apply({ name, properties }: TableDefinition) {
      const existing = await describe(backEnd, name);
      if (existing === undefined) {
        await backEnd.call('CreateTable', { TableName: name, ...creation(properties) });
      } else {
        refuseOtherKeys(name, existing, properties);
      }

      return { name, arn: arn('dynamodb', `table/${name}`) };
    },

    async remove(table) {
      if ((await describe(backEnd, table)) !== undefined) {
        await backEnd.call('DeleteTable', { TableName: table });
      }
    },
  };
}

async function describe(backEnd: DynaliteBackEnd, name: string): Promise<Record<string, unknown> | undefined> {
  try {
    return (await backEnd.call('DescribeTable', { TableName: name }))['Table'] as Record<string, unknown>;
  } catch (error) {
    if (error instanceof DynamodbRefusal && error.code === 'ResourceNotFoundException') {
      return undefined;
    }
    throw error;
  }
}

function creation(properties: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(CREATION.filter((name) => name in properties).map((name) => [name, properties[name]]));
}

/** CloudFormation would replace the table; here that would throw a person's data away without asking. */
function refuseOtherKeys(
  name: string,
  existing: Readonly<Record<string, unknown>>,
  properties: Readonly<Record<string, unknown>>,
): void {
  for (const part of FIXED) {
    if (keysIn(existing[part]) !== keysIn(properties[part])) {
      throw new LocalError(`table ${name}: its ${part} changed; start with --fresh, or change it back`);
    }
  }
}

/** Names of keys and indexes, which is all that two descriptions of one table share in form. */
function keysIn(value: unknown): string {
  const names = JSON.stringify(value ?? []).matchAll(/"(?:AttributeName|KeyType|IndexName|ProjectionType)":"([^"]*)"/g);

  return [...names]
    .map(([, name]) => name)
    .sort()
    .join();
}
