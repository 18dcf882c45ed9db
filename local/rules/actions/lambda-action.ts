import { AwsError } from '../../errors.ts';
import type { LambdaAction } from '../topic-rule.ts';
import type { ActionPorts, CompiledAction } from './action.ts';

/**
 * One invocation per message, its event the statement's JSON. The function's resource policy lets the rule in; there is no role. AWS
 * does not wait for the function; here the message counts as taken when it has run, and a function that fails is a failed action.
 * https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html
 */
export function lambdaAction({ functionArn }: LambdaAction, ports: ActionPorts): CompiledAction {
  return {
    name: 'LambdaAction',
    resource: functionArn,
    async run(_evaluation, payload) {
      const { functionError, payload: answer } = await ports.invoke(functionArn, eventOf(payload.toString('utf8')));
      if (functionError !== undefined) throw new AwsError(functionError, JSON.stringify(answer), 200);

      return { functionArn };
    },
    describe: (reason, { message }) =>
      `Failed to invoke lambda function. The error received was ${reason}. ` +
      `Message arrived on: ${message.topic}, Action: lambda, Function: ${functionArn}`,
  };
}

function eventOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}
