import type { Duplex } from 'node:stream';
import { LIMITS } from './limits.ts';

/**
 * What a connection sends, or receives, beyond its bytes a second is delayed, as AWS delays it; nothing is lost. A second's worth
 * may go at once.
 */
export class Throughput {
  readonly #now: () => number;
  #left: number = LIMITS.bytesPerSecond;
  #at: number;

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** Counts bytes that went through; answers for how many milliseconds nothing more may. */
  take(bytes: number): number {
    const now = this.#now();
    const filled = this.#left + ((now - this.#at) / 1000) * LIMITS.bytesPerSecond;
    this.#left = Math.min(LIMITS.bytesPerSecond, filled) - bytes;
    this.#at = now;

    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / LIMITS.bytesPerSecond) * 1000);
  }
}

/** Paces what is written: while the client has had its share, the socket keeps the rest. */
export class Outflow {
  readonly #socket: Duplex;
  readonly #throughput: Throughput;
  #waiting = false;

  constructor(socket: Duplex, now: () => number) {
    this.#socket = socket;
    this.#throughput = new Throughput(now);
  }

  /** @param write corks the socket while it writes, so that all its bytes are still there afterwards */
  pace(write: () => void): void {
    const before = this.#socket.writableLength;
    write();
    const wait = this.#throughput.take(this.#socket.writableLength - before);
    if (wait === 0 || this.#waiting) return;
    this.#waiting = true;
    this.#socket.cork();
    setTimeout(() => {
      this.#waiting = false;
      this.#socket.uncork();
    }, wait).unref();
  }
}
