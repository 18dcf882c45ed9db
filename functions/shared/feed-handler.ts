import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import type { InvocationContext } from './batch-consumer.ts';

/** A consumer that is its task's custom resource too: only it knows the target's database. */
export function feedHandler<Event extends object, Answer>(
  consume: (event: Event, context: InvocationContext) => Promise<Answer>,
  resource: (event: CloudFormationCustomResourceEvent, context: InvocationContext) => Promise<unknown>,
) {
  return async (
    event: Event | CloudFormationCustomResourceEvent,
    context: InvocationContext,
  ): Promise<Answer | undefined> => {
    if ('RequestType' in event) {
      await resource(event, context);

      return undefined;
    }

    return consume(event, context);
  };
}
