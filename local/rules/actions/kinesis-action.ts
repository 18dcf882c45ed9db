import { randomUUID } from 'node:crypto';
import { arn } from '../../account.ts';
import { compileTemplate } from '../sql/compile.ts';
import type { KinesisAction } from '../topic-rule.ts';
import type { ActionPorts, CompiledAction } from './action.ts';

/** One PutRecord per message. https://docs.aws.amazon.com/iot/latest/developerguide/kinesis-rule-action.html */
export function kinesisAction(action: KinesisAction, ports: ActionPorts): CompiledAction {
  const { streamName } = action;
  const streamArn = arn('kinesis', `stream/${streamName}`);
  const partitionKey = action.partitionKey === undefined ? () => randomUUID() : compileTemplate(action.partitionKey);

  return {
    name: 'KinesisAction',
    resource: streamName,
    async run(evaluation, payload) {
      ports.authorize(ports.assume(action.roleArn), 'kinesis:PutRecord', streamArn);
      const { shardId, sequenceNumber } = await ports.stream.put(streamName, {
        data: payload,
        partitionKey: partitionKey(evaluation),
      });

      return { streamName, shardId, sequenceNumber };
    },
    describe: (reason, { message }) =>
      `Failed to publish Kinesis record. The error received was ${reason}. ` +
      `Message arrived on: ${message.topic}, Action: kinesis, Name: ${streamName}`,
  };
}
