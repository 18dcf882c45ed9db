import { bucketArn } from '../../account.ts';
import { compileTemplate } from '../sql/compile.ts';
import type { S3Action } from '../topic-rule.ts';
import type { ActionPorts, CompiledAction } from './action.ts';

/** One object per message. https://docs.aws.amazon.com/iot/latest/developerguide/s3-rule-action.html */
export function s3Action(action: S3Action, ports: ActionPorts): CompiledAction {
  const { bucketName } = action;
  const key = compileTemplate(action.key);

  return {
    name: 'S3Action',
    resource: bucketName,
    async run(evaluation, payload) {
      const object = key(evaluation);
      ports.authorize(ports.assume(action.roleArn), 's3:PutObject', `${bucketArn(bucketName)}/${object}`);
      await ports.store.put(bucketName, object, payload);

      return { bucketName, key: object };
    },
    describe: (reason, { message }) =>
      `Failed to put S3 object. The error received was ${reason}. ` +
      `Message arrived on: ${message.topic}, Action: s3, Bucket: ${bucketName}, Key: "${action.key}"`,
  };
}
