import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { ServerProcess } from './server-process.ts';

export interface Supervisor {
  readonly pid: number;
  /** Ends the server and the watch over it. */
  stop(): Promise<void>;
}

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * Keeps a server running: one that dies is started again, at once the first time, then with growing pauses. Who meets it
 * down gets an error and comes again, as with Aurora's own restarts.
 */
export function supervise(first: ServerProcess, start: () => Promise<ServerProcess>, log: Log): Supervisor {
  const stopping = new AbortController();
  let server = first;

  const watch = async () => {
    while (!stopping.signal.aborted) {
      await server.ended;
      if (stopping.signal.aborted) return;
      log.warn('MariaDB ended by itself; starting it again', { pid: server.pid });
      server = (await startAgain()) ?? server;
    }
  };

  const startAgain = async (): Promise<ServerProcess | undefined> => {
    for (let pause = FIRST_PAUSE; !stopping.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const started = await start();
        log.info('MariaDB runs again', { pid: started.pid });
        return started;
      } catch (error) {
        log.error('MariaDB could not be started again', { reason: (error as Error).message });
        await wait(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }

    return undefined;
  };

  const watching = watch();

  return {
    get pid() {
      return server.pid;
    },
    async stop() {
      stopping.abort();
      await server.stop();
      await watching;
      await server.stop(); // it was being started again when the end was called
    },
  };
}
