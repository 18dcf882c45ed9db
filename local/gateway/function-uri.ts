import { TemplateError } from '../errors.ts';

const URI = /^arn:[^:]+:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/(arn:[^/]+)\/invocations$/;

/** The function in `arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<arn>/invocations`. */
export function functionOf(uri: string): string {
  const [, functionArn] = URI.exec(uri) ?? [];
  if (functionArn === undefined)
    throw new TemplateError(`${uri} names no Lambda function; nothing else is run locally`);

  return functionArn;
}
