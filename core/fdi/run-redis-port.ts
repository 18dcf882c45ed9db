import type { Buffer } from 'node:buffer';

/** A command: its name, then its words. */
export type RedisCommand = readonly [name: string, ...words: (string | Buffer)[]];

/** The server does not do a command, in its own words: `WRONGTYPE Operation against a key …`. The others of the same round are done. */
export class RedisRefused extends Error {
  override readonly name = 'RedisRefused';
}

/** As the server sends it: texts as bytes, numbers as text. */
export type RedisReply = Buffer | string | null | readonly RedisReply[];

/** A server, or a cluster, for one run. */
export interface RedisPort {
  /**
   * Sends all of them at once and waits for all answers, each in the place of its command; those of one key are done in their order.
   *
   * @throws what the network, the driver or the login says: nobody knows then which of them were done
   */
  ask(commands: readonly RedisCommand[], timeMs: number): Promise<readonly (RedisReply | RedisRefused)[]>;
  /** Ends connections; the next call opens new ones. Never throws. */
  close(): Promise<void>;
}
