import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type CfnTable,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { DeviceGateway } from './device-gateway.ts';
import type { Environment } from './environment.ts';
import { ALARM_PERIOD, FaultAlarm } from './fault-alarm.ts';
import { HandlerFunction } from './handler-function.ts';
import type { Tables } from './tables.ts';

const BATCH = 100;
/** Events that are told later are of little use; changes are kept for 24 hours. */
const BEHIND_MS = 5 * 60_000;

export interface DeviceEventsProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly deviceGateway: DeviceGateway;
}

/**
 * What happens to devices, told to whoever subscribed: from the stream of the table of devices, so that every change is told whoever makes it, in
 * order per device and at least once; and from that of refused log-ins, which are counted for it.
 */
export class DeviceEvents extends Construct {
  readonly tell: HandlerFunction;

  constructor(scope: Construct, id: string, { environment, tables, deviceGateway }: DeviceEventsProps) {
    super(scope, id);
    const refusals = new Table(this, 'Refusals', {
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      partitionKey: { name: 'clientId', type: AttributeType.STRING },
      timeToLiveAttribute: 'until',
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(refusals, {
      'AwsSolutions-DDB3': 'Counts of refused log-ins: there is no earlier state to go back to.',
    });
    deviceGateway.authorize
      .variable('REFUSAL_TABLE', refusals.tableName)
      .allow(['dynamodb:UpdateItem'], [refusals.tableArn]);

    // Only a platform that tells of devices keeps what happened to them.
    const devices = tables.devices.node.defaultChild as CfnTable;
    devices.streamSpecification = { streamViewType: StreamViewType.NEW_AND_OLD_IMAGES };

    this.tell = new HandlerFunction(this, 'Tell', {
      environment,
      entry: 'link/device-events',
      description: 'Tells what happens to devices',
      variables: { REFUSAL_TABLE: refusals.tableName },
    });
    tables.grantDevices(this.tell, 'get');
    tables.grantCatalog(this.tell, 'read');
    this.#feed('Devices', tables.devices, devices.attrStreamArn);
    this.#feed('Refused', refusals, (refusals.node.defaultChild as CfnTable).attrStreamArn);

    new FaultAlarm(this, 'Behind', {
      environment,
      description: 'What happens to devices is not told, or late.',
      runbook: 'device-events',
      metric: this.tell.function.metric('IteratorAge', { statistic: 'Maximum', period: ALARM_PERIOD }),
      above: BEHIND_MS,
    });
  }

  #feed(id: string, table: Table, eventSourceArn: string): void {
    this.tell.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      [`${table.tableArn}/stream/*`],
      { because: 'The label of a stream is known only when it exists; a table has one.' },
    );
    const source = new EventSourceMapping(this, id, {
      target: this.tell.function,
      eventSourceArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: BATCH,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
    });
    source.node.addDependency(this.tell.role);
  }
}
