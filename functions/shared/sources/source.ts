import type { Readable } from 'node:stream';
import type { SourceAddress } from '../../../core/apic/script/jdbc-url.ts';
import type { SourceValue } from '../../../core/apic/script/source-value.ts';
import type { PinnedAddress } from '../address-guard.ts';

/** Everything a driver needs to log in. */
export interface SourceLogin {
  readonly address: SourceAddress;
  /** Where it connects; the host's name is for certificates only. */
  readonly pinned: PinnedAddress;
  readonly user: string;
  readonly password: string;
  /** PEM: the authorities that certify it, in place of the usual ones. */
  readonly ca?: string;
}

/** One connection of one user; runs one statement at a time. */
export interface SourceSession {
  /** False once the connection is gone or may be in the middle of something. */
  readonly usable: boolean;
  /**
   * @param timeMs then the statement is ended, and the session with it
   * @returns rows as plain objects with column labels as keys, or the number of rows a statement changed
   * @throws SourceFailed, its message for the script
   */
  execute(statement: string, values: readonly SourceValue[], timeMs: number): Promise<unknown>;
  /**
   * Of Redis: sends all at once; the answers in their order, as the server sends them, a refusal as an error among them.
   *
   * @param timeMs then all are ended, and the session with them
   * @throws SourceFailed when the connection is lost: nobody knows what was done
   */
  pipeline?(
    commands: readonly (readonly [name: string, ...words: (string | Buffer)[]])[],
    timeMs: number,
  ): Promise<readonly unknown[]>;
  /** Leaves nothing of what was done: transactions, locks, variables, temporary tables. @throws when it cannot */
  reset(): Promise<void>;
  close(): void;
}

/** What a driver's file exports. */
export interface SourceDriver {
  /** @param timeMs to connect and log in. @throws SourceFailed */
  open(login: SourceLogin, timeMs: number): Promise<SourceSession>;
}

/** What went wrong in a source, in its own words: scripts see it, so it holds no password. */
export class SourceFailed extends Error {
  override readonly name = 'SourceFailed';
}

/** Fails with `late` after so many milliseconds; the work must then be ended by its owner. */
export async function within<T>(timeMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), Math.max(1, timeMs));
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** More than any result that is taken: drivers hold a value in memory before anybody can judge it. */
const MAX_RECEIVED_BYTES = 64 * 1024 * 1024;

/** Fails when more arrives on a connection than a result may have; the connection must then be closed by its owner. */
export async function withinBytes<T>(connection: Readable, work: Promise<T>): Promise<T> {
  const { promise: tooMuch, reject } = Promise.withResolvers<never>();
  let received = 0;
  const count = (chunk: Buffer) => {
    received += chunk.length;
    if (received > MAX_RECEIVED_BYTES) {
      reject(new SourceFailed('the result is larger than a function can hold: ask for less of it'));
    }
  };
  connection.on('data', count);
  try {
    return await Promise.race([work, tooMuch]);
  } finally {
    connection.off('data', count);
  }
}
