/**
 * Runs inside a function's process: loads the handler once, then answers one invocation after the other. Knows nothing
 * of the platform but its parent's messages; what the handler sees (environment, arguments) is what Lambda shows it.
 */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FromFunction, FunctionError, ToFunction } from './messages.ts';

type Handler = (event: unknown, context: unknown) => unknown;

class BootstrapError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

function tell(message: FromFunction, afterwards?: () => void): void {
  process.send?.(message, undefined, undefined, () => afterwards?.());
}

function functionError(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };

  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** Lambda looks for `<file>.js`, `.mjs` and `.cjs` beside one another. */
async function loadHandler(root: string, setting: string): Promise<Handler> {
  const dot = setting.lastIndexOf('.');
  const [file, name] = [setting.slice(0, dot), setting.slice(dot + 1)];
  const path = ['.js', '.mjs', '.cjs'].map((end) => join(root, file + end)).find(existsSync);
  if (path === undefined) {
    throw new BootstrapError('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
  }
  const loaded = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const handler = loaded[name] ?? (loaded['default'] as Record<string, unknown> | undefined)?.[name];
  if (typeof handler !== 'function') {
    throw new BootstrapError('Runtime.HandlerNotFound', `${setting} is undefined or not exported`);
  }
  // Lambda's Node 24 runtime has no callback handlers any more. Ref: lambda/latest/dg/nodejs-handler
  if (handler.length > 2) {
    throw new BootstrapError(
      'Runtime.CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.',
    );
  }
  return handler as Handler;
}

/** What is the same for every invocation of an environment; each look at `process.env` would be one into the process's own memory. */
function sameForAll() {
  const { env } = process;

  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
  };
}

const SAME = sameForAll();

function contextOf({ requestId, deadline, invokedFunctionArn }: ToFunction): unknown {
  return {
    ...SAME,
    awsRequestId: requestId,
    invokedFunctionArn,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function answer(handler: Handler, message: ToFunction): Promise<void> {
  const { requestId } = message;
  try {
    const result = await handler(JSON.parse(message.event), contextOf(message));
    tell({ type: 'done', requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    tell({ type: 'failed', requestId, error: functionError(error) });
  }
}

/** An exception nobody caught ends the environment, on Lambda too. */
function crash(error: unknown): void {
  const told = functionError(error);
  process.stderr.write(`${JSON.stringify({ level: 'ERROR', message: 'uncaught exception', error: told })}\n`);
  tell({ type: 'crashed', error: told }, () => process.exit(1));
}

process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

const { LAMBDA_TASK_ROOT: root = '', _HANDLER: setting = '' } = process.env;
// Node's own channel to the parent and its cache are no part of what a function sees.
delete process.env['NODE_CHANNEL_FD'];
delete process.env['NODE_CHANNEL_SERIALIZATION_MODE'];
delete process.env['NODE_COMPILE_CACHE'];

try {
  const handler = await loadHandler(root, setting);
  process.on('message', (message: ToFunction) => void answer(handler, message));
  // The process will be killed, not ended: what was compiled is kept now, for the next one's start.
  process.once('message', () => setImmediate(flushCompileCache));
  tell({ type: 'ready' });
} catch (error) {
  crash(error);
}
