import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Environment } from './environment.ts';
import type { HandlerFunction } from './handler-function.ts';

/**
 * `get`: one item by its key, all that deciding about a log-in takes. `pair`: two at once, for calls. `update`: gets one, and changes it where it is there.
 * `read`: lists as well. `add`: reads, and puts new items.
 * `watch`: lists, and changes one where it is there. `enlist`: puts new ones as well.
 * `put`: gets one, and puts new ones. `change`: also changes and removes one at a time.
 * `write`: reads, and changes one item at a time.
 */
export type TableAccess = 'get' | 'pair' | 'put' | 'change' | 'update' | 'read' | 'watch' | 'add' | 'enlist' | 'write';

const GET = ['dynamodb:GetItem'];
const PAIR = [...GET, 'dynamodb:BatchGetItem'];
const UPDATE = [...GET, 'dynamodb:UpdateItem'];
const PUT = [...GET, 'dynamodb:PutItem'];
const CHANGE = [...PUT, 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
const READ = [...GET, 'dynamodb:Query'];
const ADD = [...READ, 'dynamodb:PutItem'];
const WATCH = [...READ, 'dynamodb:UpdateItem'];
const ENLIST = [...ADD, 'dynamodb:UpdateItem'];
const WRITE = [...ADD, 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
const ACTIONS: Readonly<Record<TableAccess, readonly string[]>> = {
  get: GET,
  pair: PAIR,
  put: PUT,
  change: CHANGE,
  update: UPDATE,
  read: READ,
  watch: WATCH,
  add: ADD,
  enlist: ENLIST,
  write: WRITE,
};
/** A conditional put tells whether an item was there. */
export const USE_ONCE = ['dynamodb:PutItem'];
const BY_PRODUCT = 'byProduct';
const BY_TERM = 'byTerm';

/**
 * What every log-in and call needs even while the database is down or resuming: devices, apps with their codes and grants, and the
 * catalogue of what the stacks declare. On demand: an idle table costs its storage only.
 */
export class Tables extends Construct {
  readonly devices: Table;
  readonly apps: Table;
  readonly catalog: Table;
  /** Signatures that were used, for as long as their date would still be good. */
  readonly nonces: Table;
  /** What calls that replay messages note before they send them, one item a topic. */
  readonly replays: Table;

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
    this.devices.addGlobalSecondaryIndex({
      indexName: BY_TERM,
      partitionKey: text('term'),
      sortKey: text('deviceId'),
      projectionType: ProjectionType.ALL,
    });
    this.apps = new Table(this, 'Apps', { ...durable, partitionKey: text('pk'), sortKey: text('sk') });
    this.catalog = new Table(this, 'Catalog', { ...durable, partitionKey: text('kind'), sortKey: text('name') });
    this.nonces = new Table(this, 'Nonces', {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      partitionKey: text('id'),
      timeToLiveAttribute: 'until',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.nonces, {
      'AwsSolutions-DDB3': 'Nothing in it means anything half an hour later: there is no earlier state to go back to.',
    });
    this.replays = new Table(this, 'Replays', {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      partitionKey: text('topic'),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.replays, {
      'AwsSolutions-DDB3':
        'Nothing in it means anything once the replay it was written by is over: there is no earlier state to go back to.',
    });
  }

  grantReplays(handler: HandlerFunction): void {
    handler
      .variable('REPLAY_TABLE', this.replays.tableName)
      .allow([...PUT, 'dynamodb:UpdateItem'], [this.replays.tableArn]);
  }

  grantDevices(handler: HandlerFunction, access: TableAccess): void {
    const { tableArn, tableName } = this.devices;
    // Only who lists reads the indexes.
    const indexes = ACTIONS[access].includes('dynamodb:Query') ? [BY_PRODUCT, BY_TERM] : [];
    handler
      .variable('DEVICE_TABLE', tableName)
      .allow(ACTIONS[access], [tableArn, ...indexes.map((index) => `${tableArn}/index/${index}`)]);
  }

  grantApps(handler: HandlerFunction, access: TableAccess): void {
    handler.variable('APP_TABLE', this.apps.tableName).allow(ACTIONS[access], [this.apps.tableArn]);
  }

  grantCatalog(handler: HandlerFunction, access: TableAccess): void {
    handler.variable('CATALOG_TABLE', this.catalog.tableName).allow(ACTIONS[access], [this.catalog.tableArn]);
  }

  /** Lets a function remember signatures that were used; it cannot read or forget any. */
  grantNonces(handler: HandlerFunction): void {
    handler.variable('NONCE_TABLE', this.nonces.tableName).allow(USE_ONCE, [this.nonces.tableArn]);
  }
}
