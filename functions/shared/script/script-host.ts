import type { SourceValue } from '../../../core/apic/script/source-value.ts';
import type { Logger } from '../logger.ts';
import { type CallSources, callSources, type SourceSettings, sourceAddress } from '../sources/call-sources.ts';
import { createSourcePool, type SourcePool } from '../sources/source-pool.ts';
import { httpExchange, type ScriptHttpRequest } from './http-request.ts';
import { type RedisCall, redisCall } from './redis-call.ts';
import type { Host } from './sandbox.ts';
import { CacheFailed, type ScriptCache, scriptCache } from './script-cache.ts';
import { type ScriptSettings, scriptSettings } from './script-settings.ts';

/** One run of one script. */
export interface ScriptRunContext {
  readonly log: Logger;
  readonly remainingMs: () => number;
}

/** Does what one run of a script asks for. */
export interface ScriptHost {
  readonly answer: Host;
  /** When the run is over, however it ended: nothing of it is left for the next. */
  end(): Promise<void>;
}

/** What operations work with. */
interface RunState extends ScriptRunContext {
  readonly sources: CallSources;
  readonly cache: ScriptCache;
  readonly settings: ScriptSettings;
}

/** Does one thing a script asks for; what it throws, the script sees. */
type HostOperation = (argument: never, run: RunState) => Promise<unknown>;

interface SourceRequest {
  readonly source: SourceSettings;
  readonly statement: string;
  readonly values: readonly SourceValue[];
}

interface CacheRequest {
  readonly key: string;
  readonly value: string;
  readonly seconds: string | null;
}

const MAX_PRINTED = 2000;

const OPERATIONS: Readonly<Record<string, HostOperation>> = {
  print: async (text: string, { log }) => log.info('script', { printed: text.slice(0, MAX_PRINTED) }),
  'data-source': ({ source, statement, values }: SourceRequest, { sources }) =>
    sources.execute(source, statement, values),
  redis: (call: RedisCall, { sources }) => redisCall(call, sources),
  http: (request: ScriptHttpRequest, { remainingMs }) => httpExchange(request, remainingMs),
  'cache-get': ({ key }: CacheRequest, { cache }) => cache.get(key),
  'cache-put': async ({ key, value, seconds }: CacheRequest, { cache }) => {
    await cache.put(key, value, seconds === null ? null : Number(seconds));

    return true;
  },
  'cache-remove': ({ key }: CacheRequest, { cache }) => cache.remove(key),
  variable: (name: string, { settings }) => settings.variable(name),
  password: (name: string, { settings }) => settings.password(name),
  certificate: (name: string, { settings }) => settings.certificate(name),
};

const cache = scriptCache();
let shared: SourcePool | undefined;

/** Everything scripts may ask for, by name. */
export function scriptHost(
  run: ScriptRunContext,
  pool: SourcePool = ownPool(),
  settings: ScriptSettings = scriptSettings,
): ScriptHost {
  const sources = withAuthorities(callSources(pool, run.remainingMs), settings);
  const state: RunState = { ...run, sources, cache, settings };

  return {
    async answer({ operation, argument }) {
      const work = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (work === undefined) {
        throw new TypeError(`there is no ${operation}`);
      }

      return work(argument as never, state).catch((error: unknown) => {
        if (error instanceof CacheFailed) {
          // A script is told nothing of the platform's own affairs.
          run.log.error('the cache of the scripts failed', { error });
        }
        throw error;
      });
    },
    end: () => sources.end(),
  };
}

/** What the stack knows of a host that a script names: who certifies it. */
function withAuthorities(sources: CallSources, settings: ScriptSettings): CallSources {
  return {
    async execute(source, statement, values) {
      const host = hostOf(source);
      const ca = host === undefined ? null : await settings.authority(host);

      return sources.execute({ ...source, ca }, statement, values);
    },
    end: () => sources.end(),
  };
}

function hostOf(source: SourceSettings): string | undefined {
  try {
    return sourceAddress(source).host;
  } catch {
    // What is wrong with its URL is said when it is used.
    return undefined;
  }
}

/** Sessions live as long as the function's container. */
function ownPool(): SourcePool {
  shared ??= createSourcePool();

  return shared;
}
