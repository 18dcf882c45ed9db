import { Annotations, CfnResource, type IAspect, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnStream, CfnStreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import { CfnDBCluster, CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { IConstruct } from 'constructs';

const HOURS = 730;
/** Dollars in us-east-1, as listed: a guide for choosing, not a bill. */
const PRICE = {
  capacityUnitHour: 0.12,
  shardHour: 0.015,
  /** Enhanced fan-out; of an on-demand stream only the bytes it reads are paid. */
  consumerShardHour: 0.015,
  onDemandStreamHour: 0.04,
  secretMonth: 0.4,
  alarmMonth: 0.1,
  firewallMonth: 6,
};

/** Says at synthesis what a stack costs a month while nothing happens. Functions, APIs and tables cost nothing then. */
export class IdleCost implements IAspect {
  readonly #capacity: number;

  /** @param capacity units of each database instance that is idle */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  visit(node: IConstruct): void {
    if (Stack.isStack(node)) {
      const dollars = this.dollarsOf(node);
      Annotations.of(node).addInfo(`${node.stackName} costs about $${dollars.toFixed(0)} a month while idle`);
    }
  }

  dollarsOf(stack: Stack): number {
    return stack.node
      .findAll()
      .filter((node): node is CfnResource => CfnResource.isCfnResource(node) && Stack.of(node) === stack)
      .reduce((sum, resource) => sum + this.#price(resource), 0);
  }

  #price(resource: CfnResource): number {
    if (resource instanceof CfnStream) {
      const { shardCount } = resource;

      return HOURS * (shardCount === undefined ? PRICE.onDemandStreamHour : PRICE.shardHour * shardCount);
    }
    if (resource instanceof CfnStreamConsumer) {
      return HOURS * PRICE.consumerShardHour * (streamOf(resource)?.shardCount ?? 0);
    }
    if (resource instanceof CfnDBInstance) {
      return HOURS * PRICE.capacityUnitHour * this.#capacity;
    }
    // A cluster keeps its master password in a secret of its own.
    if (resource instanceof CfnSecret || resource instanceof CfnDBCluster) {
      return PRICE.secretMonth;
    }
    if (resource instanceof CfnAlarm) {
      return PRICE.alarmMonth;
    }
    return resource instanceof CfnWebACL ? PRICE.firewallMonth : 0;
  }
}

/** The stream of a consumer, when both are of one stack. */
function streamOf(consumer: CfnStreamConsumer): CfnStream | undefined {
  const stack = Stack.of(consumer);
  const arn: unknown = stack.resolve(consumer.streamArn);

  return stack.node
    .findAll()
    .filter((node): node is CfnStream => node instanceof CfnStream)
    .find((stream) => JSON.stringify(stack.resolve(stream.attrArn)) === JSON.stringify(arn));
}
