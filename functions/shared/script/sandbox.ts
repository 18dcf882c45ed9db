import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type {
  HostCall,
  HostReply,
  SandboxFiles,
  SandboxLimits,
  SandboxWorkerData,
  ScriptOutcome,
} from './sandbox-protocol.ts';

/** Does what a script asks for. What it throws becomes an error of the script: its message must hold no secret. */
export type Host = (call: HostCall) => Promise<unknown>;

export interface ScriptRun {
  /** For stacks: `scripts/orders.js`. */
  readonly name: string;
  readonly source: string;
  readonly data: string;
  readonly limits: SandboxLimits;
  /** How long the run may take in all, waiting included; then it is ended from outside. */
  readonly timeMs: number;
}

export interface SandboxOptions extends SandboxFiles {
  /** The worker's code. */
  readonly worker: string;
}

/** Runs one script at a time; a worker that was ended or broke is replaced by the next run. */
export interface Sandbox {
  /** Never throws for what a script does. */
  run(script: ScriptRun, host: Host): Promise<ScriptOutcome>;
  close(): Promise<void>;
}

/** Of the worker: its stack has to hold the engine's 256 KB of script stack many times over. */
const STACK_MB = 16;
/** Of the worker, beside the engine: what is computed for a script, as the reading of XML. Enough for the largest it takes. */
const HEAP_MB = 128;
/** The engine ends a script by itself; what is not over then is ended with its worker. */
const GRACE_MS = 300;
/** The worker has no use for the function's credentials, and a script that found a way into it must not find them. */
const NO_ENVIRONMENT = {};

export function createSandbox({ worker: code, ...files }: SandboxOptions): Sandbox {
  let current: Promise<Worker> | undefined;
  let currentBytes = 0;

  function start(memoryBytes: number): Promise<Worker> {
    const workerData: SandboxWorkerData = { ...files, memoryBytes };
    const worker = new Worker(code, {
      workerData,
      env: NO_ENVIRONMENT,
      resourceLimits: { stackSizeMb: STACK_MB, maxOldGenerationSizeMb: HEAP_MB },
      stdin: false,
    });
    worker.unref();

    return new Promise((ready, failed) => {
      worker.once('message', () => ready(worker));
      worker.once('error', failed);
    });
  }

  async function replace(worker: Worker): Promise<void> {
    current = undefined;
    await worker.terminate();
  }

  async function close(): Promise<void> {
    const worker = await current?.catch(() => undefined);
    if (worker !== undefined) {
      await replace(worker);
    }
  }

  return {
    async run(script, host) {
      const { memoryBytes } = script.limits;
      if (memoryBytes !== currentBytes) {
        // The memory of a worker is made once.
        await close();
        currentBytes = memoryBytes;
      }
      current ??= start(memoryBytes);
      const worker = await current.catch((cause: unknown) => {
        current = undefined;
        throw cause;
      });
      const outcome = await runIn(worker, script, host);
      if ('fault' in outcome && outcome.fault !== 'error') {
        await replace(worker);
      }

      return outcome;
    },
    close,
  };
}

async function runIn(worker: Worker, { timeMs, ...script }: ScriptRun, host: Host): Promise<ScriptOutcome> {
  const { port1: own, port2: port } = new MessageChannel();
  const signal = new SharedArrayBuffer(4);
  const { promise, resolve: end } = Promise.withResolvers<ScriptOutcome>();
  const crashed = (error: Error & { code?: string }) =>
    end({ fault: error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash', message: String(error) });
  const exited = (code: number) => end({ fault: 'crash', message: `the worker ended with ${code}` });
  const timer = setTimeout(() => end({ fault: 'time', message: `not done within ${timeMs} ms` }), timeMs);
  const { cpuMs } = script.limits;
  const watch = stopWatch(cpuMs + GRACE_MS, () => end({ fault: 'cpu', message: `more than ${cpuMs} ms` }));
  own.on('message', async (call: HostCall) => {
    watch.pause();
    await reply(own, signal, host(call));
    watch.go();
  });
  try {
    worker.once('message', end).once('error', crashed).once('exit', exited);
    worker.postMessage({ ...script, port, signal }, [port]);
    watch.go();

    return await promise;
  } finally {
    clearTimeout(timer);
    watch.pause();
    worker.off('message', end).off('error', crashed).off('exit', exited);
    own.close();
  }
}

/** Calls back when it has gone for so long in all; for scripts that are busy where the engine does not look at its clock. */
function stopWatch(limitMs: number, expired: () => void) {
  let left = limitMs;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;

  return {
    go() {
      startedAt = performance.now();
      timer = setTimeout(expired, left);
    },
    pause() {
      clearTimeout(timer);
      left -= performance.now() - startedAt;
    },
  };
}

async function reply(port: MessagePort, signal: SharedArrayBuffer, answer: Promise<unknown>): Promise<void> {
  const message: HostReply = await answer.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, message: error instanceof Error ? error.message : String(error) }),
  );
  port.postMessage(message);
  const flag = new Int32Array(signal);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}
