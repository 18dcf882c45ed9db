import { Aws } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';
import { ruleFilter } from '../../core/link/rule-filter.ts';
import { keyTemplate } from '../../core/mqs/partition-key.ts';
import type { ITopic } from '../mqs/topic.ts';
import { type Allowance, statementFor } from '../platform/allowance.ts';
import { ALARM_PERIOD, FaultAlarm } from '../platform/fault-alarm.ts';
import { Integration } from '../platform/integration.ts';
import { checkLength, checkName } from '../platform/setting.ts';
import type { Product } from './product.ts';

export interface ForwardingRuleProps {
  /** Whose devices. */
  readonly product: Product;
  /** Where their messages go. */
  readonly topic: ITopic;
  /**
   * One device of the product.
   * @default - all of them, also those registered later
   */
  readonly device?: string;
  /**
   * 1 to 64 letters, digits, `_` or `-`.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Readers get the exact bytes as base64 text in place of the payload: for payloads that are not JSON.
   * @default false
   */
  readonly base64?: boolean;
  /**
   * Readers get the payload under `data`, beside product, device and time.
   * @default true
   */
  readonly deviceInfo?: boolean;
  /**
   * Only messages whose payload this holds for: SQL over its JSON fields, `status = '1' AND battery < 20`. The others are gone. One that is not
   * JSON is never forwarded, which is counted, in AWS's log with its trace id, and raises an alarm.
   * @default - all messages
   */
  readonly where?: string;
  /**
   * Devices may also publish to `$aws/rules/<product id>/<product id>/out/<device>`, straight to this rule past the message broker: that saves
   * the price of a message, and nobody else can subscribe to it. For rules of all devices of a product.
   * @default false
   */
  readonly basicIngest?: boolean;
  /**
   * Whether messages are forwarded; while it is off, what devices send is gone.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Up to 256 characters.
   * @default - none
   */
  readonly description?: string;
}

/**
 * Whatever the payload is, this cannot fail: text or bytes, the envelope holds them as they came. Error actions run only when an action
 * fails, never for a fault of the SQL. The two switches are read by the readers, so changing them loses nothing.
 */
const SELECT =
  "SELECT encode(*, 'base64') AS raw, topic(1) AS productId, topic(3) AS deviceId, " +
  'clientid() AS clientId, timestamp() AS eventTime, traceid() AS traceId';
/** What the levels behind a device's topic say, where a gateway reported for it; otherwise they are not there. */
const BEHIND = ', topic(4) AS gatewayId, topic(5) AS reportedAt';

/** Forwards what devices publish into a topic, in order per device. What the topic does not take goes to the platform's error store. */
export class ForwardingRule extends Construct {
  constructor(scope: Construct, id: string, props: ForwardingRuleProps) {
    super(scope, id);
    const integration = Integration.of(this);
    const { product, topic } = props;
    const name = checkName(this, 'name', props.name ?? id, /^[\w-]{1,64}$/, '1 to 64 letters, digits, `_` or `-`');
    const device = checkName(this, 'device', props.device ?? '+', /^([\w-]{2,64}|\+)$/, 'the id of a device');
    const { base64 = false, deviceInfo = true, basicIngest = false } = props;
    const filter = props.where === undefined ? undefined : ruleFilter(`${this.node.path}: where`, props.where);
    product.forward(this, device);
    if (basicIngest) {
      product.takeBasicIngest(this, device);
    }
    topic.forwardedBy(this, { base64, deviceInfo });

    // Puts back what the topic did not take, and looks into it for what a killed call has put there already.
    integration.allow('replayErrors', {
      actions: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards', 'kinesis:PutRecords'],
      resources: [topic.stream.streamArn],
    });

    const { actions, errorAction, roles } = this.#way(topic, product);
    const select = `${SELECT}${integration.platform.gateways === undefined ? '' : BEHIND}`;
    const from = `FROM '${product.productId}/out/${device}'`;
    const rule = new CfnTopicRule(this, 'Rule', {
      // Its name is a part of the topics of Basic Ingest.
      ...(basicIngest && { ruleName: product.productId }),
      topicRulePayload: {
        sql: `${select} ${from}${filter === undefined ? '' : ` WHERE ${filter.sql}`}`,
        awsIotSqlVersion: '2016-03-23',
        ...(props.description !== undefined && {
          description: checkLength(this, 'description', props.description, 256),
        }),
        ruleDisabled: props.enabled === false,
        actions,
        errorAction,
      },
    });
    // The rule works from the moment it exists: what its roles may do has to be there before it.
    rule.node.addDependency(...roles);
    topic.intake?.feedFrom(rule, product.productId);
    const metric = (metricName: string, ActionType: string) =>
      new Metric({
        namespace: 'AWS/IoT',
        metricName,
        dimensionsMap: { RuleName: rule.ref, ActionType },
        statistic: 'Sum',
        period: ALARM_PERIOD,
      });
    new FaultAlarm(this, 'Failures', {
      environment: integration.settings,
      description: `${topic.topicName} did not take messages of ${product.productName}: they are in the error store.`,
      runbook: 'rule-failures',
      metric: metric('Failure', topic.intake === undefined ? 'Kinesis' : 'Lambda'),
    });
    new FaultAlarm(this, 'Lost', {
      environment: integration.settings,
      description: `Neither ${topic.topicName} nor the error store took messages of ${product.productName}: they are lost.`,
      runbook: 'lost-messages',
      metric: metric('ErrorActionFailure', topic.intake === undefined ? 'S3' : 'Lambda'),
    });
    this.#hearGateways(product, rule);
    if (filter !== undefined) {
      this.#countUnreadable(from, product);
    }
    integration.catalog.add(this, 'rule', name, {
      rule: rule.ref,
      productId: product.productId,
      enabled: props.enabled !== false,
      product: product.productName,
      topic: topic.topicName,
      device,
      base64,
      deviceInfo,
      ...(props.where !== undefined && { where: props.where }),
      ...(basicIngest && { basicIngest }),
    });
  }

  /**
   * Reports of devices behind gateways come to this rule alone (Basic Ingest), below the device's topic: levels that no device may publish to
   * name the gateway and the time.
   */
  #hearGateways(product: Product, rule: CfnTopicRule): void {
    const integration = Integration.of(this);
    integration.platform.gateways?.whenDeclared(product.app.appName, () => {
      const resourceName = `$aws/rules/${rule.ref}/${product.productId}/out/*`;
      integration.allow('relayGateways', {
        actions: ['iot:Publish'],
        resources: [integration.formatArn({ service: 'iot', resource: 'topic', resourceName })],
        because: 'Any device of the product may stand behind a gateway.',
      });
    });
  }

  /**
   * A filter cannot fail, so nobody would hear of payloads that it cannot read. This rule does nothing, but it names a field: AWS has to parse the
   * payload for it, and counts and logs those that are no JSON. Those that come by Basic Ingest it does not see.
   */
  #countUnreadable(from: string, product: Product): void {
    const { settings } = Integration.of(this);
    const counter = new CfnTopicRule(this, 'Unreadable', {
      topicRulePayload: {
        sql: `SELECT clientid() AS clientId ${from} WHERE isUndefined(payload)`,
        awsIotSqlVersion: '2016-03-23',
        description: `Counts payloads that are no JSON, which the filter of ${this.node.id} cannot let through`,
        ruleDisabled: false,
        actions: [],
      },
    });
    new FaultAlarm(this, 'NotJson', {
      environment: settings,
      description: `Devices of ${product.productName} send what is no JSON: the filter of their rule lets none of it through.`,
      runbook: 'unreadable-messages',
      metric: new Metric({
        namespace: 'AWS/IoT',
        metricName: 'ParseError',
        dimensionsMap: { RuleName: counter.ref },
        statistic: 'Sum',
        period: ALARM_PERIOD,
      }),
    });
  }

  /** Straight into the topic; where its fields are masked, by the function that does it, which sees what failed as well. */
  #way(topic: ITopic, product: Product) {
    if (topic.intake !== undefined) {
      const mask = { lambda: { functionArn: topic.intake.handler.arn } };

      return { actions: [mask], errorAction: mask, roles: [] };
    }
    const { errorStore, errorStoreArn } = Integration.of(this).platform;
    const forward = this.#role('Forward', { actions: ['kinesis:PutRecord'], resources: [topic.stream.streamArn] });
    const keep = this.#role('KeepFailed', {
      actions: ['s3:PutObject'],
      resources: [`${errorStoreArn}/${product.productId}/*`],
      because: 'One object per message that could not be forwarded, below the product of the rule.',
    });
    const kinesis = {
      streamName: topic.stream.streamName,
      partitionKey: keyTemplate(topic.partitionKey),
      roleArn: forward.roleArn,
    };
    const s3 = {
      bucketName: errorStore.bucketName,
      // With the topic it was for, so that a list tells it without reading every object.
      key: `${product.productId}/\${topic(3)}/\${timestamp()}-\${newuuid()}.${topic.topicName}.json`,
      roleArn: keep.roleArn,
    };

    return { actions: [{ kinesis }], errorAction: { s3 }, roles: [forward, keep] };
  }

  /** Only rules of this account may use it: a role that trusts a service trusts it for everybody else. */
  #role(id: string, allowance: Allowance): Role {
    const role = new Role(this, id, {
      assumedBy: new ServicePrincipal('iot.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(statementFor(role, allowance));

    return role;
  }
}
