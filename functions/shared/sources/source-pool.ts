import { createHash } from 'node:crypto';
import type { SourceKind } from '../../../core/apic/script/jdbc-url.ts';
import { codeBeside } from '../code-beside.ts';
import type { SourceDriver, SourceLogin, SourceSession } from './source.ts';

/** Logged-in sessions, lent to one call at a time. */
export interface SourcePool {
  /** One that nobody uses, as new, or a new one. @throws SourceFailed */
  borrow(login: SourceLogin, timeMs: number): Promise<SourceSession>;
  /** Resets it for the next call; one that is in the middle of something is closed. */
  giveBack(login: SourceLogin, session: SourceSession): Promise<void>;
  close(): void;
}

export interface SourcePoolOptions {
  readonly driver?: (kind: SourceKind) => Promise<SourceDriver>;
  /** Then a session that nobody used is closed. Databases close theirs after minutes or hours, some firewalls sooner. */
  readonly idleMs?: number;
}

interface Idle {
  readonly key: string;
  readonly session: SourceSession;
  readonly timer: NodeJS.Timeout;
}

/** For all sources together: a function works on one call at a time. */
const MAX_IDLE = 8;
const IDLE_MS = 60_000;
const RESET_MS = 2000;

export function createSourcePool({ driver = driverBeside, idleMs = IDLE_MS }: SourcePoolOptions = {}): SourcePool {
  let idle: Idle[] = [];

  function drop(entry: Idle): void {
    clearTimeout(entry.timer);
    idle = idle.filter((other) => other !== entry);
    entry.session.close();
  }

  return {
    async borrow(login, timeMs) {
      const key = keyOf(login);
      for (;;) {
        const entry = idle.find((candidate) => candidate.key === key);
        if (entry === undefined) {
          const { open } = await driver(login.address.kind);

          return open(login, timeMs);
        }
        if (entry.session.usable) {
          clearTimeout(entry.timer);
          idle = idle.filter((other) => other !== entry);

          return entry.session;
        }
        drop(entry);
      }
    },

    async giveBack(login, session) {
      if (!session.usable || !(await isReset(session))) {
        session.close();
        return;
      }
      const timer = setTimeout(() => drop(entry), idleMs).unref();
      const entry: Idle = { key: keyOf(login), session, timer };
      idle.push(entry);
      const oldest = idle.length > MAX_IDLE ? idle[0] : undefined;
      if (oldest !== undefined) {
        drop(oldest);
      }
    },

    close() {
      for (const entry of idle) {
        drop(entry);
      }
    },
  };
}

async function isReset(session: SourceSession): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), RESET_MS);
  const reset = session.reset().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([reset, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Everything that makes a session another one. The password as a hash: keys are no place for it. */
function keyOf({ address, pinned, user, password, ca = '' }: SourceLogin): string {
  const { options, ...rest } = address;

  return createHash('sha256')
    .update(JSON.stringify([rest, [...options].sort(), pinned.address, user, password, ca]))
    .digest('hex');
}

/** Drivers are large, and most functions need none: each lies in a file of its own beside the code. */
async function driverBeside(kind: SourceKind): Promise<SourceDriver> {
  return codeBeside<SourceDriver>(`drivers/${kind}.mjs`);
}
