import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { statementFor } from './allowance.ts';
import type { DeviceCommands } from './device-commands.ts';
import type { Environment } from './environment.ts';
import { ALARM_PERIOD, FaultAlarm } from './fault-alarm.ts';
import { HandlerFunction } from './handler-function.ts';
import { grantNewThings } from './providers.ts';
import type { Tables } from './tables.ts';

/**
 * What gateways report and ask for. Whatever the payload is, this cannot fail. Answers to commands have a rule of their own, and what is said to
 * gateways comes from no client.
 */
const SQL =
  "SELECT encode(*, 'base64') AS raw, clientid() AS clientId, topic() AS topic, timestamp() AS eventTime, traceid() AS traceId " +
  "FROM '/v1/devices/+/#' " +
  "WHERE startswith(clientid(), 'd') AND length(clientid()) = 21 AND NOT endswith(topic(), '/commandResponse')";
/** In the error store, beside the folders of products; also of what gateways may not say. */
const FOLDER = 'gateway-messages';
/** Lambda's largest answer of a failed batch is one number: small batches are done again cheaply. */
const BATCH = 50;
/** A gateway's message that is older was of no use to anybody; before that an alarm tells. */
const BEHIND = Duration.minutes(5);

export interface DeviceGatewaysProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly commands: DeviceCommands;
  readonly errorStore: Bucket;
}

/** Gateways: their topology, and what they report of the devices behind them, in order per gateway and at least once. */
export class DeviceGateways extends Construct {
  readonly relay: HandlerFunction;
  /** By app: whether it has gateways, and what is to be done when it has. */
  readonly #apps = new Map<string, { hasGateways: boolean; readonly waiting: (() => void)[] }>();

  constructor(scope: Construct, id: string, { environment, tables, commands, errorStore }: DeviceGatewaysProps) {
    super(scope, id);
    const messages = new Stream(this, 'Messages', {
      streamMode: StreamMode.PROVISIONED,
      shardCount: 1,
      retentionPeriod: Duration.hours(24),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: environment.dataRemoval,
    });
    this.relay = new HandlerFunction(this, 'Relay', {
      environment,
      entry: 'link/gateway-messages',
      description: 'Does what gateways ask for and forwards what they report',
      timeout: Duration.minutes(2),
    });
    tables.grantDevices(this.relay, 'enlist');
    tables.grantCatalog(this.relay, 'read');
    commands.grant(this.relay, ['GetItem', 'Query', 'UpdateItem', 'DeleteItem']);
    commands.grantPublishing(this.relay);
    grantNewThings(this.relay);
    const stack = Stack.of(this);
    this.relay
      .allow(
        ['iot:Publish'],
        [stack.formatArn({ service: 'iot', resource: 'topic', resourceName: '/v1/devices/d*/topo/*' })],
        {
          because: 'Any gateway is answered; no device may publish where gateways are spoken to.',
        },
      )
      .variable('ERROR_STORE', errorStore.bucketName)
      .allow(['s3:PutObject'], [errorStore.arnForObjects(`${FOLDER}/*`)], {
        because: 'One object per message that says what it may not, below a folder of its own.',
      })
      .allow(
        [
          'kinesis:DescribeStream',
          'kinesis:DescribeStreamSummary',
          'kinesis:GetRecords',
          'kinesis:GetShardIterator',
          'kinesis:ListShards',
        ],
        [messages.streamArn],
      );
    const source = new EventSourceMapping(this, 'Source', {
      target: this.relay.function,
      eventSourceArn: messages.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: BATCH,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
    });
    source.node.addDependency(this.relay.role);
    const rule = this.#rule(messages, errorStore);

    new FaultAlarm(this, 'Behind', {
      environment,
      description: 'What gateways say is not handled: their devices are silent, and their requests unanswered.',
      runbook: 'gateways',
      metric: this.relay.function.metric('IteratorAge', { statistic: 'Maximum', period: ALARM_PERIOD }),
      above: BEHIND.toMilliseconds(),
    });
    new FaultAlarm(this, 'Failures', {
      environment,
      description: 'Messages of gateways were not taken: they are in the error store.',
      runbook: 'gateways',
      metric: new Metric({
        namespace: 'AWS/IoT',
        metricName: 'Failure',
        dimensionsMap: { RuleName: rule.ref, ActionType: 'Kinesis' },
        statistic: 'Sum',
        period: ALARM_PERIOD,
      }),
    });
  }

  /** Used by `Product`: an app has gateways. */
  declared(app: string): void {
    const known = this.#app(app);
    known.hasGateways = true;
    for (const then of known.waiting.splice(0)) {
      then();
    }
  }

  /** Calls back once, if and when the app has gateways: only devices of such an app can stand behind one. */
  whenDeclared(app: string, then: () => void): void {
    const known = this.#app(app);
    if (known.hasGateways) {
      then();
      return;
    }
    known.waiting.push(then);
  }

  #app(app: string) {
    const known = this.#apps.get(app) ?? { hasGateways: false, waiting: [] };
    this.#apps.set(app, known);

    return known;
  }

  #rule(messages: Stream, errorStore: Bucket): CfnTopicRule {
    const role = (id: string) =>
      new Role(this, id, {
        assumedBy: new ServicePrincipal('iot.amazonaws.com', {
          conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
        }),
      });
    const [forward, keep] = [role('Forward'), role('KeepFailed')];
    forward.addToPolicy(statementFor(forward, { actions: ['kinesis:PutRecord'], resources: [messages.streamArn] }));
    keep.addToPolicy(
      statementFor(keep, {
        actions: ['s3:PutObject'],
        resources: [errorStore.arnForObjects(`${FOLDER}/*`)],
        because: 'One object per message that could not be handed on, below a folder of its own.',
      }),
    );
    const rule = new CfnTopicRule(this, 'Rule', {
      topicRulePayload: {
        sql: SQL,
        awsIotSqlVersion: '2016-03-23',
        description: 'What gateways report and ask for',
        actions: [
          { kinesis: { streamName: messages.streamName, partitionKey: '${clientid()}', roleArn: forward.roleArn } },
        ],
        errorAction: {
          s3: {
            bucketName: errorStore.bucketName,
            key: `${FOLDER}/\${clientid()}/\${timestamp()}-\${newuuid()}.json`,
            roleArn: keep.roleArn,
          },
        },
      },
    });
    rule.node.addDependency(forward, keep);

    return rule;
  }
}
