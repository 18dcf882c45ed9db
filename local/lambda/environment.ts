import { REGION } from '../account.ts';
import type { Credentials } from '../engines.ts';
import type { FunctionDefinition } from './function-definition.ts';

export interface ProcessFacts {
  readonly credentials: Credentials;
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly instance: string;
  /** Node keeps compiled code there: a start takes a third of the time. The bootstrap hides it from the handler. */
  readonly compileCache: string;
}

/**
 * The whole environment of a function's process: the template's variables, Lambda's own, its role's credentials and the
 * address of the platform's AWS endpoint. Nothing of the machine's environment gets in.
 */
export function processEnvironment(
  definition: FunctionDefinition,
  { credentials, endpoint, instance, compileCache }: ProcessFacts,
): Record<string, string> {
  return {
    ...definition.environment,
    _HANDLER: definition.handler,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL: endpoint,
    AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memorySize),
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: definition.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/[$LATEST]${instance}`,
    AWS_REGION: REGION,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    // Databases and services of whoever develops are on this machine; in the cloud loopback is refused.
    CAUSEWAY_LOOPBACK: 'allowed',
    LAMBDA_TASK_ROOT: definition.code,
    LANG: 'en_US.UTF-8',
    NODE_COMPILE_CACHE: compileCache,
    TZ: ':UTC',
  };
}
