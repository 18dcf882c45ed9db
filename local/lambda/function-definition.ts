import { Buffer } from 'node:buffer';
import { arn } from '../account.ts';
import { AwsError } from '../errors.ts';
import { LIMITS } from './limits.ts';

/** A function as the template describes it, defaults filled in. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** `index.handler` */
  readonly handler: string;
  /** `nodejs24.x` */
  readonly runtime: string;
  readonly description: string;
  /** MiB */
  readonly memorySize: number;
  /** Seconds */
  readonly timeout: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly reservedConcurrency?: number;
  readonly logGroup: string;
  /** The unpacked code, absolute. */
  readonly code: string;
}

export type FunctionSettings = Omit<FunctionDefinition, 'arn'>;

/** Names the environment of Lambda itself uses. Ref: lambda/latest/dg/configuration-envvars#configuration-envvars-runtime */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

/** Checks a definition as CreateFunction does; throws InvalidParameterValueException. */
export function defineFunction(settings: FunctionSettings): FunctionDefinition {
  if (!/^nodejs(2[2-9]|[3-9]\d)\.x$/.test(settings.runtime)) {
    refuse(`the runtime ${settings.runtime} is not run locally; allowed: nodejs22.x and later`);
  }
  checkRange('MemorySize', settings.memorySize, LIMITS.memoryMebibytes);
  checkRange('Timeout', settings.timeout, LIMITS.timeoutSeconds);
  checkEnvironment(settings.environment);

  return { ...settings, arn: functionArn(settings.name) };
}

export function functionArn(name: string): string {
  return arn('lambda', `function:${name}`);
}

/** `name`, `name:qualifier`, an ARN with or without qualifier, `account:function:name`. */
export function parseFunctionName(text: string): { readonly name: string; readonly qualifier?: string } {
  const parts = text
    .replace(/^arn:[^:]+:lambda:[^:]*:[^:]*:function:/, '')
    .replace(/^\d{12}:function:/, '')
    .split(':');
  const [name = '', qualifier] = parts;

  return qualifier === undefined ? { name } : { name, qualifier };
}

function checkEnvironment(environment: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(environment).filter((name) => RESERVED.has(name));
  const because =
    'Lambda was unable to configure your environment variables because the environment variables you have provided';
  if (reserved.length > 0) {
    refuse(
      `${because} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(environment)) > LIMITS.environmentBytes)
    refuse(`${because} exceeded the 4KB limit.`);
}

function checkRange(name: string, value: number, { minimum, maximum }: { minimum: number; maximum: number }): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  refuse(`${name}: received ${value}; allowed: a whole number from ${minimum} to ${maximum}`);
}

function refuse(message: string): never {
  throw new AwsError('InvalidParameterValueException', message);
}
