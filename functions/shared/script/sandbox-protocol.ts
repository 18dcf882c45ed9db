import type { MessagePort } from 'node:worker_threads';

/** What the sandbox's worker is given once. */
export interface SandboxFiles {
  /** QuickJS as WebAssembly. */
  readonly engine: string;
  /** What scripts find when they start: JavaScript. */
  readonly library: string;
}

export interface SandboxWorkerData extends SandboxFiles {
  /** What a script may have; the worker's memory cannot grow beyond. */
  readonly memoryBytes: number;
}

/** One call of one script. */
export interface SandboxCall {
  readonly name: string;
  readonly source: string;
  /** The text `execute` is called with. */
  readonly data: string;
  readonly limits: SandboxLimits;
  /** The worker waits for answers of the outside on these. */
  readonly port: MessagePort;
  readonly signal: SharedArrayBuffer;
}

export interface SandboxLimits {
  /** Of processor time; waiting for a data source does not count. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** What a script asks of the outside, and may not do itself. */
export interface HostCall {
  readonly operation: string;
  /** Plain data. */
  readonly argument: unknown;
}

export type HostReply =
  | { readonly ok: true; readonly value: unknown }
  /** The message reaches the script, which may return it: it must hold no secret. */
  | { readonly ok: false; readonly message: string };

/** What a script returned, as an HTTP answer. */
export interface ScriptAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body is base64 of bytes. */
  readonly base64?: boolean;
}

export type ScriptFault = 'error' | 'cpu' | 'memory' | 'stack' | 'time' | 'crash';

export type ScriptOutcome =
  | { readonly answer: ScriptAnswer }
  /** For the log only. */
  | { readonly fault: ScriptFault; readonly message: string; readonly stack?: string };
