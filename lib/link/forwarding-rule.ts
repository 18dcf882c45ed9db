import { Aws } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import { Construct } from 'constructs';
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
    const { base64 = false, deviceInfo = true } = props;
    product.forward(this, device);
    topic.forwardedBy(this, { base64, deviceInfo });

    // Puts back what the topic did not take, and looks into it for what a killed call has put there already.
    integration.allow('replayErrors', {
      actions: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards', 'kinesis:PutRecords'],
      resources: [topic.stream.streamArn],
    });

    const { actions, errorAction, roles } = this.#way(topic, product);
    const rule = new CfnTopicRule(this, 'Rule', {
      topicRulePayload: {
        sql: `${SELECT}${integration.platform.gateways === undefined ? '' : BEHIND} FROM '${product.productId}/out/${device}'`,
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
    integration.catalog.add(this, 'rule', name, {
      rule: rule.ref,
      productId: product.productId,
      enabled: props.enabled !== false,
      product: product.productName,
      topic: topic.topicName,
      device,
      base64,
      deviceInfo,
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
