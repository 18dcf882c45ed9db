import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../engines.ts';
import type { Log } from '../log.ts';
import { processEnvironment } from './environment.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { LIMITS } from './limits.ts';
import type { FromFunction, FunctionError, ToFunction } from './messages.ts';

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

export type Outcome = { readonly payload: string } | { readonly error: FunctionError };

export interface Call {
  readonly requestId: string;
  readonly event: string;
  readonly invokedFunctionArn: string;
}

/** One environment of a function: one process, one invocation at a time. */
export interface Instance {
  readonly pid: number;
  /** False once the process is gone or on its way out; a pool starts another. */
  readonly usable: boolean;
  invoke(call: Call): Promise<Outcome>;
  /** Ends the process and resolves when it is gone. */
  stop(): Promise<void>;
}

export interface InstanceOptions {
  readonly credentials: Credentials;
  readonly endpoint: string;
  readonly compileCache: string;
  readonly log: Log;
  onExit(): void;
}

interface Pending {
  readonly call: Call;
  readonly settle: (outcome: Outcome) => void;
  sent: boolean;
}

export function startInstance(definition: FunctionDefinition, options: InstanceOptions): Instance {
  const child = spawnFunction(definition, options);
  let ready = false;
  let stopping = false;
  let timedOut = false;
  let lastWords: FunctionError | undefined;
  let pending: Pending | undefined;
  let timer: NodeJS.Timeout | undefined;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  const settle = (outcome: Outcome) => {
    clearTimeout(timer);
    const done = pending;
    pending = undefined;
    done?.settle(outcome);
  };
  const limit = (seconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, seconds * 1000);
  };
  const send = (waiting: Pending) => {
    waiting.sent = true;
    limit(definition.timeout);
    const message: ToFunction = { type: 'invoke', deadline: Date.now() + definition.timeout * 1000, ...waiting.call };
    // A process that is gone makes `send` fail; its exit, which follows, settles the call.
    child.send(message, () => undefined);
  };

  child.on('message', (message: FromFunction) => {
    if (message.type === 'ready') {
      ready = true;
      if (pending !== undefined) send(pending);
    } else if (message.type === 'done' && message.requestId === pending?.call.requestId) {
      settle({ payload: message.payload });
    } else if (message.type === 'failed' && message.requestId === pending?.call.requestId) {
      settle({ error: message.error });
    } else if (message.type === 'crashed') {
      stopping = true;
      lastWords = message.error;
    }
  });
  child.once('exit', (code, signal) => {
    stopping = true;
    const requestId = pending?.call.requestId ?? '';
    const error = timedOut
      ? timeoutError(requestId, definition, pending?.sent ?? false)
      : exitError(requestId, code, signal);
    settle({ error: lastWords ?? error });
    options.onExit();
  });

  return {
    pid: child.pid ?? 0,
    get usable() {
      return !stopping && child.connected;
    },
    invoke: (call) =>
      new Promise((resolve) => {
        pending = { call, settle: resolve, sent: false };
        if (ready) send(pending);
        else limit(LIMITS.initSeconds + definition.timeout);
      }),
    async stop() {
      stopping = true;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function spawnFunction(definition: FunctionDefinition, options: InstanceOptions): ChildProcess {
  const instance = randomUUID().replaceAll('-', '');
  // The name stands in the command line, so that a person finds the process by it.
  const child = fork(BOOTSTRAP, [definition.name], {
    cwd: definition.code,
    env: processEnvironment(definition, { ...options, instance }),
    execPath: process.execPath,
    execArgv: [`--max-old-space-size=${definition.memorySize}`, '--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) createInterface({ input: output }).on('line', (line) => options.log.line(line));
  }
  child.on('error', (error) => options.log.error('the function cannot be started', { reason: error.message }));

  return child;
}

function timeoutError(requestId: string, { timeout }: FunctionDefinition, sent: boolean): FunctionError {
  const seconds = sent ? timeout : LIMITS.initSeconds + timeout;

  return {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
  };
}

function exitError(requestId: string, code: number | null, signal: NodeJS.Signals | null): FunctionError {
  const how = signal === null ? `exit status ${code}` : `signal: ${SIGNAL_WORDS[signal] ?? signal}`;

  return {
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
  };
}

/** As Lambda writes them. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};
