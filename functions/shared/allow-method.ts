import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';

/** Lets the gateway go on, for exactly this method and path; what was found travels in the context, and the chain of every handler refuses by it. */
export function allowMethod(
  { methodArn }: Pick<APIGatewayRequestAuthorizerEvent, 'methodArn'>,
  principalId: string,
  context: Record<string, string>,
): APIGatewayAuthorizerResult {
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: methodArn }],
    },
    context,
  };
}
