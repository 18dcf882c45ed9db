import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { brokerRule } from './broker-rule.ts';
import type { Environment } from './environment.ts';
import { HandlerFunction } from './handler-function.ts';
import type { Tables } from './tables.ts';

/** Of clients named as ours are (`d` and 20 digits): what others do costs no invocation. D:iot/latest/developerguide/life-cycle-events */
const LISTENERS =
  "SELECT * FROM '$aws/events/subscriptions/subscribed/+' WHERE startswith(clientId, 'd') AND length(clientId) = 21";
/** Whatever the payload is, this cannot fail. A client may publish to its own topic only, which the function checks once more. */
const RESPONSES =
  "SELECT encode(*, 'base64') AS raw, clientid() AS clientId, topic() AS topic, traceid() AS traceId " +
  "FROM '/v1/devices/+/commandResponse' WHERE startswith(clientid(), 'd') AND length(clientid()) = 21";

export interface DeviceCommandsProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly errorStore: Bucket;
}

/**
 * Commands to devices: which were sent and what became of them, for a week after their end. Who sends them is the management API; devices that
 * begin to listen get what waits for them, and their answers are stored.
 */
export class DeviceCommands extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, { environment, tables, errorStore }: DeviceCommandsProps) {
    super(scope, id);
    const text = (name: string) => ({ name, type: AttributeType.STRING });
    this.table = new Table(this, 'Table', {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      partitionKey: text('clientId'),
      sortKey: text('id'),
      timeToLiveAttribute: 'until',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.table, {
      'AwsSolutions-DDB3': 'A command means nothing a week after its end: there is no earlier state to go back to.',
    });

    const listeners = new Construct(this, 'Listeners');
    const deliver = new HandlerFunction(listeners, 'Deliver', {
      environment,
      entry: 'link/deliver-commands',
      description: 'Sends devices that begin to listen the commands that wait for them',
      memory: 256,
    });
    tables.grantDevices(deliver, 'update');
    this.grant(deliver, ['GetItem', 'Query', 'UpdateItem', 'DeleteItem']);
    this.grantPublishing(deliver);
    brokerRule(listeners, {
      environment,
      sql: LISTENERS,
      description: 'Devices that subscribe',
      handler: deliver,
      errorStore,
      folder: 'subscription-events',
      client: '${topic(5)}',
      fault: 'Commands that wait for their devices are not sent when these begin to listen.',
      runbook: 'commands',
    });

    const responses = new Construct(this, 'Responses');
    const record = new HandlerFunction(responses, 'Record', {
      environment,
      entry: 'link/command-response',
      description: 'Records what devices answer to commands',
      memory: 256,
    });
    this.grant(record, ['GetItem', 'UpdateItem']);
    brokerRule(responses, {
      environment,
      sql: RESPONSES,
      description: 'Answers of devices to commands',
      handler: record,
      errorStore,
      folder: 'command-responses',
      client: '${clientid()}',
      fault: 'Answers of devices to commands are not recorded: who waits for them is told that none came.',
      runbook: 'commands',
    });
  }

  /** For the function that sends commands, and shows them. */
  grantSending(handler: HandlerFunction): void {
    this.grant(handler, ['GetItem', 'PutItem', 'Query', 'UpdateItem', 'DeleteItem']);
    this.grantPublishing(handler);
  }

  grant(handler: HandlerFunction, operations: readonly string[]): void {
    handler.variable('COMMAND_TABLE', this.table.tableName).allow(
      operations.map((operation) => `dynamodb:${operation}`),
      [this.table.tableArn],
    );
  }

  /** Where devices, and gateways, listen for commands. */
  grantPublishing(handler: HandlerFunction): void {
    const topic = (resourceName: string) =>
      Stack.of(this).formatArn({ service: 'iot', resource: 'topic', resourceName });
    handler.allow(['iot:Publish'], [topic('*/in/*'), topic('/v1/devices/d*/command')], {
      because: 'Any device may be sent a command; no device may publish where devices are spoken to.',
    });
  }
}
