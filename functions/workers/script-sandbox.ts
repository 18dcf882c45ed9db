import { readFileSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
  Scope,
} from 'quickjs-emscripten-core';
import { compute, isComputation } from '../shared/script/computations.ts';
import type {
  HostReply,
  SandboxCall,
  SandboxWorkerData,
  ScriptAnswer,
  ScriptFault,
  ScriptOutcome,
} from '../shared/script/sandbox-protocol.ts';

/** Well within the worker's own stack, so that a script's recursion ends as an error of the script. */
const STACK_BYTES = 256 * 1024;
/** Set by the library: calls `execute(data)` and answers JSON text. */
const ENTRY = '__call';

/** What the engine begins with, and takes for itself. */
const ENGINE_BYTES = 16 * 1024 * 1024;
const PAGE_BYTES = 64 * 1024;

/** What is taken of it when nothing more is to be had; it grows in steps. */
const FULL = 0.9;

/** Node's types know the namespace only. */
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: MemoryConstructor } }).WebAssembly;
type MemoryConstructor = new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };

const { engine, library, memoryBytes } = workerData as SandboxWorkerData;
/** The engine's own limit holds for one allocation: what all of them take it cannot count when it is compiled to WebAssembly. */
const memory = new Memory({
  initial: ENGINE_BYTES / PAGE_BYTES,
  maximum: Math.ceil((ENGINE_BYTES + memoryBytes) / PAGE_BYTES),
});
const quickjs = await newQuickJSWASMModuleFromVariant(
  // The package's types name its CommonJS form; what is imported is the variant itself.
  newVariant(variant as unknown as QuickJSSyncVariant, {
    wasmBinary: bytesOf(engine),
    wasmMemory: memory,
  }),
);
const PRELUDE = `((hostText) => {${readFileSync(library, 'utf8')}\n})`;

/** The call that runs. */
let current: { readonly call: SandboxCall; readonly clock: Clock } | undefined;
const context = preparedContext();
/**
 * The engine's whole memory, with the library in it and no script: each call begins with it. Reading the library again for every call would take six
 * times as long as a small script does.
 */
const image = imageOf(memory.buffer);

parentPort?.on('message', (call: SandboxCall) => {
  parentPort?.postMessage(runScript(call));
  restore();
});
parentPort?.postMessage('ready');

function preparedContext(): QuickJSContext {
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(memoryBytes);
  runtime.setMaxStackSize(STACK_BYTES);
  runtime.setInterruptHandler(() => current?.clock.isOver() ?? false);
  const prepared = runtime.newContext();
  Scope.withScope((scope) => {
    const host = scope.manage(
      prepared.newFunction('host', (operation, argument) => {
        const { call, clock } = current as NonNullable<typeof current>;

        return prepared.newString(answer(call, clock, prepared.getString(operation), prepared.getString(argument)));
      }),
    );
    // The engine's own would go on from the image, with the same numbers in every call.
    const random = scope.manage(prepared.newFunction('random', () => prepared.newNumber(Math.random())));
    prepared.setProp(scope.manage(prepared.getProp(prepared.global, 'Math')), 'random', random);
    const install = scope.manage(evaluated(prepared, PRELUDE, 'library.js'));
    scope.manage(called(prepared, install, host));
  });

  return prepared;
}

/** Without the end that is not used yet. */
function imageOf(buffer: ArrayBuffer): Uint8Array {
  const unused = Buffer.alloc(PAGE_BYTES);
  let end = buffer.byteLength;
  while (end > 0 && unused.equals(new Uint8Array(buffer, end - PAGE_BYTES, PAGE_BYTES))) {
    end -= PAGE_BYTES;
  }

  return new Uint8Array(buffer).slice(0, end);
}

/** Nothing a script leaves behind is seen by the next: not even its memory. */
function restore(): void {
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(image);
  bytes.fill(0, image.length);
}

function runScript(call: SandboxCall): ScriptOutcome {
  const clock = startClock(call.limits.cpuMs);
  current = { call, clock };
  try {
    return { answer: answerOf(call) };
  } catch (error) {
    return faultOf(error, clock);
  }
}

function answerOf(call: SandboxCall): ScriptAnswer {
  return Scope.withScope((scope) => {
    scope.manage(evaluated(context, call.source, call.name));
    const entry = scope.manage(context.getProp(context.global, ENTRY));
    const data = scope.manage(context.newString(call.data));

    return JSON.parse(context.getString(scope.manage(called(context, entry, data))));
  });
}

function evaluated(context: QuickJSContext, source: string, name: string): QuickJSHandle {
  return taken(context, context.evalCode(source, name, { type: 'global' }));
}

function called(context: QuickJSContext, callee: QuickJSHandle, argument: QuickJSHandle): QuickJSHandle {
  return taken(context, context.callFunction(callee, context.undefined, argument));
}

/** What the script threw, as the sandbox saw it: an `Error`'s name, message and stack, or any other value. */
class ScriptThrew extends Error {
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super('the script threw');
    this.thrown = thrown;
  }
}

function taken(context: QuickJSContext, result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
  if (result.error === undefined) {
    return result.value;
  }
  const thrown: unknown = context.dump(result.error);
  result.error.dispose();
  throw new ScriptThrew(thrown);
}

function faultOf(error: unknown, clock: Clock): ScriptOutcome {
  if (!(error instanceof ScriptThrew)) {
    // The engine itself gave way, as it does when a script's recursion outgrows the worker's stack: its owner takes a new one.
    return { fault: error instanceof RangeError ? 'stack' : 'crash', message: String(error) };
  }
  const { thrown } = error;
  if (thrown === null && isFull()) {
    // There was not even room for an error.
    return { fault: 'memory', message: 'out of memory' };
  }
  const { name = '', message = '', stack = '' } = isObject(thrown) ? thrown : { message: String(thrown) };

  return {
    fault: kindOf(String(name), String(message), clock),
    message: name === '' ? String(message) : `${name}: ${message}`,
    stack: String(stack),
  };
}

function kindOf(name: string, message: string, clock: Clock): ScriptFault {
  if (clock.expired) {
    return 'cpu';
  }
  if (name === 'InternalError' && message === 'out of memory') {
    return 'memory';
  }

  return name === 'InternalError' && message === 'stack overflow' ? 'stack' : 'error';
}

function isFull(): boolean {
  return memory.buffer.byteLength > FULL * (ENGINE_BYTES + memoryBytes);
}

function bytesOf(file: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = readFileSync(file);

  return (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength);
}

function isObject(value: unknown): value is { name?: unknown; message?: unknown; stack?: unknown } {
  return typeof value === 'object' && value !== null;
}

interface Clock {
  /** Time spent in here is not the script's. */
  outside<T>(work: () => T): T;
  /** Whether the script's time is over; once it is, it stays so. */
  isOver(): boolean;
  /** Whether the script was ended for it. */
  readonly expired: boolean;
}

function startClock(cpuMs: number): Clock {
  const startedAt = performance.now();
  let outside = 0;
  let expired = false;

  return {
    outside(work) {
      const from = performance.now();
      try {
        return work();
      } finally {
        outside += performance.now() - from;
      }
    },
    isOver() {
      expired ||= performance.now() - startedAt - outside > cpuMs;

      return expired;
    },
    get expired() {
      return expired;
    },
  };
}

/** What is computed is done here, in the script's own time; everything else is asked of the owner. */
function answer(call: SandboxCall, clock: Clock, operation: string, argument: string): string {
  if (!isComputation(operation)) {
    return clock.outside(() => ask(call, operation, argument));
  }
  try {
    return compute(operation, argument);
  } catch (error) {
    throw new HostRefused(error instanceof Error ? error.message : String(error));
  }
}

/** Stops this thread until the owner has answered. @returns JSON text; what it throws, the script sees */
function ask({ port, signal }: SandboxCall, operation: string, argument: string): string {
  const flag = new Int32Array(signal);
  Atomics.store(flag, 0, 0);
  port.postMessage({ operation, argument: JSON.parse(argument) });
  Atomics.wait(flag, 0, 0);
  const reply = receiveMessageOnPort(port)?.message as HostReply;
  if (!reply.ok) {
    throw new HostRefused(reply.message);
  }

  return JSON.stringify(reply.value ?? null);
}

/** Becomes an `Error` with this message inside the sandbox. */
class HostRefused extends Error {
  override readonly name = 'Error';
}
