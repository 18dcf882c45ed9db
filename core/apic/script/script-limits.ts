/** What a run of a script may take. Defaults: the reference system's, as far as API Gateway waits. */
export interface ScriptLimits {
  /** Of processor time, 1 to 29,000 ms; waiting for a data source does not count. */
  readonly cpuMs: number;
  /** 1 to 1,024. */
  readonly memoryMb: number;
}

export const DEFAULT_SCRIPT_LIMITS: ScriptLimits = { cpuMs: 10_000, memoryMb: 64 };
