import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScriptLimits } from '../../../core/apic/script/script-limits.ts';
import { withVariables } from '../../../core/apic/script/script-text.ts';
import { Refusal } from '../../../core/errors.ts';
import type { Logger } from '../logger.ts';
import { createSandbox } from './sandbox.ts';
import type { ScriptAnswer, ScriptFault } from './sandbox-protocol.ts';
import type { ScriptHost, ScriptRunContext } from './script-host.ts';

const MB = 1024 * 1024;
/** For the function itself, beside its scripts' runs. */
const RESERVE_MS = 1000;
/** A script that takes too long is a backend that does; all else is a fault of the script, which callers are told nothing of. */
const REFUSALS: Readonly<Record<ScriptFault, 'APIC.0203' | 'APIC.0601'>> = {
  error: 'APIC.0601',
  crash: 'APIC.0601',
  memory: 'APIC.0601',
  stack: 'APIC.0601',
  cpu: 'APIC.0203',
  time: 'APIC.0203',
};

export interface ScriptRunnerOptions {
  /** Holds the sandbox's files and `scripts/`. */
  readonly folder: string;
  /** What `#{variables}` stand for; asked for at every run, so that a rotated secret shows. */
  readonly variables: () => Promise<ReadonlyMap<string, string>>;
  readonly host: (run: ScriptRunContext) => ScriptHost;
}

export interface ScriptRequest {
  /** The file's name below `scripts/`: `orders.js`. */
  readonly script: string;
  readonly data: unknown;
  readonly limits: ScriptLimits;
  readonly remainingMs: number;
  readonly log: Logger;
}

export interface ScriptRunner {
  /** @throws Refusal when the script fails or takes too much; the log has the details */
  run(request: ScriptRequest): Promise<ScriptAnswer>;
  close(): Promise<void>;
}

/** Runs the scripts that lie beside a function. */
export function createScriptRunner({ folder, variables, host }: ScriptRunnerOptions): ScriptRunner {
  const place = (name: string) => join(folder, name);
  const sandbox = createSandbox({
    worker: place('sandbox.mjs'),
    engine: place('engine.wasm'),
    library: place('library.js'),
  });
  const sources = new Map<string, string>();

  function sourceOf(script: string): string {
    const source = sources.get(script) ?? readFileSync(place(`scripts/${script}`), 'utf8');
    sources.set(script, source);

    return source;
  }

  return {
    async run({ script, data, limits, remainingMs, log }) {
      const source = withVariables(sourceOf(script), await variables());
      const deadline = performance.now() + remainingMs;
      const own = host({ log, remainingMs: () => deadline - performance.now() });
      const outcome = await sandbox
        .run(
          {
            name: script,
            source,
            data: JSON.stringify(data),
            limits: { cpuMs: limits.cpuMs, memoryBytes: limits.memoryMb * MB },
            timeMs: Math.max(1, remainingMs - RESERVE_MS),
          },
          own.answer,
        )
        .finally(() => own.end());
      if ('answer' in outcome) {
        return outcome.answer;
      }
      const { fault, message, stack } = outcome;
      throw new Refusal(REFUSALS[fault], { detail: { script, fault, message, stack } });
    },
    close: () => sandbox.close(),
  };
}
