import { driverProblem } from './driver-problem.ts';
import type { RunFault } from './run-ports.ts';
import { RedisRefused } from './run-redis-port.ts';
import type { SourceProblem } from './source-fault.ts';

/** https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors: the first word says what it is. Of what a failover or a restart ends. */
const PASSING = /^(?:LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|NOREPLICAS|MISCONF|UNBLOCKED)\b/;
/** Something else is at the key, or it is too large. */
const OF_ITS_KEY = /WRONGTYPE|string exceeds maximum allowed size/;
const OUT_OF_MEMORY = /^(?:OOM)\b|\bOOM command not allowed/;
const PASSING_KINDS: ReadonlySet<SourceProblem['kind']> = new Set(['network', 'unavailable', 'slow']);

/** What an error of Redis, or of the way to it, means for a run. */
export function redisFault(error: unknown): RunFault {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RedisRefused) {
    if (OF_ITS_KEY.test(message)) {
      return { kind: 'data', message };
    }
    if (OUT_OF_MEMORY.test(message)) {
      return { kind: 'lasting', message: `Redis is full (${message}): raise maxmemory, or give keys a ttl` };
    }
    if (PASSING.test(message)) {
      return { kind: 'passing', message };
    }
  }
  const { kind, problem, advice } = driverProblem(error);

  return { kind: PASSING_KINDS.has(kind) ? 'passing' : 'lasting', message: `${problem}. To do: ${advice}` };
}
