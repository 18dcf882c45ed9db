import { rmSync } from 'node:fs';
import { afterAll, beforeAll } from '@jest/globals';
import type { SourceKind } from '../../../../core/apic/script/jdbc-url.ts';
import type { Logger } from '../../../../functions/shared/logger.ts';
import { createSandbox, type Sandbox } from '../../../../functions/shared/script/sandbox.ts';
import { scriptHost } from '../../../../functions/shared/script/script-host.ts';
import { type ScriptSettings, settingsOf } from '../../../../functions/shared/script/script-settings.ts';
import type { SourceDriver } from '../../../../functions/shared/sources/source.ts';
import { createSourcePool, type SourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { sandboxFiles } from './sandbox-files.ts';

const MB = 1024 * 1024;
const NO_LOG: Logger = { info() {}, warn() {}, error() {}, child: () => NO_LOG };

const NOTHING = settingsOf(
  () => ({ passwords: {}, certificates: {} }),
  async () => new Map(),
);

export interface ScriptTry {
  readonly remainingMs?: number;
  readonly data?: unknown;
  readonly cpuMs?: number;
}

/**
 * The real sandbox with everything scripts may ask for, and loopback allowed as on a local platform. Drivers come from their sources, not from
 * bundles.
 *
 * @param settings what the stack binds; nothing without it
 */
export function scripts(settings: ScriptSettings = NOTHING) {
  let files: ReturnType<typeof sandboxFiles>;
  let sandbox: Sandbox;
  let pool: SourcePool;

  beforeAll(() => {
    process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
    files = sandboxFiles();
    sandbox = createSandbox(files);
    pool = createSourcePool({ driver: sourceDriver });
  });

  afterAll(async () => {
    pool.close();
    await sandbox.close();
    rmSync(files.folder, { recursive: true, force: true });
  });

  /** Runs a whole script. @returns what it returned, parsed where it is JSON */
  async function run(
    source: string,
    { remainingMs = 15_000, data = {}, cpuMs = 5000 }: ScriptTry = {},
  ): Promise<unknown> {
    const end = performance.now() + remainingMs;
    const host = scriptHost({ log: NO_LOG, remainingMs: () => end - performance.now() }, pool, settings);
    const outcome = await sandbox
      .run(
        {
          name: 'test.js',
          source,
          data: JSON.stringify(data),
          limits: { cpuMs, memoryBytes: 64 * MB },
          timeMs: Math.max(1, remainingMs - 1000),
        },
        host.answer,
      )
      .finally(() => host.end());
    if (!('answer' in outcome)) {
      return outcome;
    }
    const { body, ...rest } = outcome.answer;

    return Object.keys(rest).length === 0 ? parsed(body) : { ...rest, body };
  }

  return { run };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export async function sourceDriver(kind: SourceKind): Promise<SourceDriver> {
  return import(`../../../../functions/shared/sources/${kind}-driver.ts`);
}

/** A script that returns what `body`, with `ds` at hand, returns; what it throws is its message. */
export function withSource(
  source: { type: string; url: string; user?: string; password?: string },
  body: string,
): string {
  return `importClass(com.roma.apic.livedata.config.v1.DataSourceConfig);
importClass(com.roma.apic.livedata.client.v1.DataSourceClient);
function execute(data) {
  var config = new DataSourceConfig();
  config.setType(${JSON.stringify(source.type)});
  config.setUrl(${JSON.stringify(source.url)});
  config.setUser(${JSON.stringify(source.user ?? '')});
  config.setPassword(${JSON.stringify(source.password ?? '')});
  var ds = new DataSourceClient(config);
  function refusal(work) { try { work(); return 'nothing'; } catch (error) { return error.message; } }
  ${body}
}`;
}

/** A script that imports these classes and returns what `body`, an expression or statements with a `return`, gives; `refusal(work)` is the message of what `work` throws. */
export function using(classes: readonly string[], body: string): string {
  const imports = classes.map((path) => `importClass(${path});`).join('\n');

  return `${imports}
function refusal(work) { try { work(); return 'nothing'; } catch (error) { return error.message; } }
function execute(data) { ${body.includes('return') ? body : `return ${body}`} }`;
}
