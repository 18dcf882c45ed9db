import type { Logger } from '../logger.ts';
import type { Host } from './sandbox.ts';

/** Does one thing a script asks for; what it throws, the script sees. */
export type HostOperation = (argument: never, log: Logger) => Promise<unknown>;

const MAX_PRINTED = 2000;

const OPERATIONS: Readonly<Record<string, HostOperation>> = {
  print: async (text: string, log) => log.info('script', { printed: text.slice(0, MAX_PRINTED) }),
};

/** Everything scripts may ask for, by name. */
export function scriptHost(log: Logger): Host {
  return async ({ operation, argument }) => {
    const run = OPERATIONS[operation];
    if (run === undefined) {
      throw new TypeError(`there is no ${operation}`);
    }

    return run(argument as never, log);
  };
}
