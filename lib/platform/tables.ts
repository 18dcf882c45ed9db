import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Environment } from './environment.ts';
import type { HandlerFunction } from './handler-function.ts';

/**
 * `get`: one item by its key, all that deciding about a log-in or a call takes. `update`: gets one, and changes it where it is there.
 * `read`: lists as well. `add`: reads, and puts new items.
 * `write`: reads, and changes one item at a time.
 */
export type TableAccess = 'get' | 'update' | 'read' | 'add' | 'write';

const GET = ['dynamodb:GetItem'];
const UPDATE = [...GET, 'dynamodb:UpdateItem'];
const READ = [...GET, 'dynamodb:Query'];
const ADD = [...READ, 'dynamodb:PutItem'];
const WRITE = [...ADD, 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
const ACTIONS: Readonly<Record<TableAccess, readonly string[]>> = {
  get: GET,
  update: UPDATE,
  read: READ,
  add: ADD,
  write: WRITE,
};
const BY_PRODUCT = 'byProduct';

/**
 * What every log-in and call needs even while the database is down or resuming: devices, apps with their codes and grants, and the
 * catalogue of what the stacks declare. On demand: an idle table costs its storage only.
 */
export class Tables extends Construct {
  readonly devices: Table;
  readonly apps: Table;
  readonly catalog: Table;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    const durable = {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: environment.deletionProtection,
      removalPolicy: environment.dataRemoval,
    };

    this.devices = new Table(this, 'Devices', { ...durable, partitionKey: text('clientId') });
    this.devices.addGlobalSecondaryIndex({
      indexName: BY_PRODUCT,
      partitionKey: text('productId'),
      sortKey: text('deviceId'),
      projectionType: ProjectionType.ALL,
    });
    this.apps = new Table(this, 'Apps', { ...durable, partitionKey: text('pk'), sortKey: text('sk') });
    this.catalog = new Table(this, 'Catalog', { ...durable, partitionKey: text('kind'), sortKey: text('name') });
  }

  grantDevices(handler: HandlerFunction, access: TableAccess): void {
    const { tableArn, tableName } = this.devices;
    handler.variable('DEVICE_TABLE', tableName).allow(ACTIONS[access], [tableArn, `${tableArn}/index/${BY_PRODUCT}`]);
  }

  grantApps(handler: HandlerFunction, access: TableAccess): void {
    handler.variable('APP_TABLE', this.apps.tableName).allow(ACTIONS[access], [this.apps.tableArn]);
  }

  grantCatalog(handler: HandlerFunction, access: TableAccess): void {
    handler.variable('CATALOG_TABLE', this.catalog.tableName).allow(ACTIONS[access], [this.catalog.tableArn]);
  }
}
