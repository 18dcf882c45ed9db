import { driverProblem } from './driver-problem.ts';
import { isMongoRefused } from './run-mongo-port.ts';
import type { RunFault } from './run-ports.ts';
import type { SourceProblem } from './source-fault.ts';

/** https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml: elections, shutdowns, conflicts, lost connections. */
const PASSING: ReadonlySet<number> = new Set([
  6, 7, 24, 89, 91, 112, 133, 134, 189, 202, 225, 251, 262, 10107, 11600, 11602, 13388, 13435, 13436,
]);
/** A value that is not taken: keys, validators, types, sizes. */
const DATA: ReadonlySet<number> = new Set([
  2, 9, 14, 22, 28, 40, 52, 54, 55, 56, 57, 66, 111, 121, 10334, 11000, 11001, 12582, 16755, 16837, 17280, 17419,
]);
/** MaxTimeMSExpired, ExceededTimeLimit */
const SLOW: ReadonlySet<number> = new Set([50]);
const WRITE_CONFLICT = 112;
const PASSING_KINDS: ReadonlySet<SourceProblem['kind']> = new Set(['network', 'unavailable', 'slow']);

/** What an error of MongoDB, or of the way to it, means for a run. */
export function mongoFault(error: unknown): RunFault {
  const message = error instanceof Error ? error.message : String(error);
  if (isMongoRefused(error)) {
    if (error.isTransient || PASSING.has(error.code)) {
      return { kind: 'passing', message };
    }
    if (SLOW.has(error.code)) {
      return { kind: 'slow', message };
    }
    if (DATA.has(error.code)) {
      return { kind: 'data', message };
    }
  }
  const { kind, problem, advice } = driverProblem(error);

  return { kind: PASSING_KINDS.has(kind) ? 'passing' : 'lasting', message: `${problem}. To do: ${advice}` };
}

/** Another transaction holds what this one wanted to change: nothing of this one was done, and the session is as good as before. */
export function isWriteConflict(error: unknown): boolean {
  return isMongoRefused(error) && error.code === WRITE_CONFLICT;
}
