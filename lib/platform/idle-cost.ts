import { Annotations, CfnResource, type IAspect, Stack } from 'aws-cdk-lib';
import { CfnStream, CfnStreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import type { IConstruct } from 'constructs';
import { idlePrice } from '../../core/platform/idle-price.ts';

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
    return idlePrice({ type: resource.cfnResourceType, shards: shardsOf(resource) }, this.#capacity)?.dollars ?? 0;
  }
}

function shardsOf(resource: CfnResource): number | undefined {
  const stream = resource instanceof CfnStreamConsumer ? streamOf(resource) : resource;

  return stream instanceof CfnStream ? stream.shardCount : undefined;
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
