/**
 * Ends a client that is silent for one and a half times its keep-alive [MQTT-3.1.2-24]. One timer that is only re-armed when
 * it fires: packets are frequent, silence is rare.
 */
export class KeepAlive {
  readonly #milliseconds: number;
  readonly #expired: () => void;
  #heardAt = performance.now();
  #timer: NodeJS.Timeout;

  constructor(seconds: number, expired: () => void) {
    this.#milliseconds = seconds * 1500;
    this.#expired = expired;
    this.#timer = this.#arm(this.#milliseconds);
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      const left = this.#heardAt + this.#milliseconds - performance.now();
      if (left <= 0) return this.#expired();
      this.#timer = this.#arm(left);
    }, milliseconds).unref();
  }
}
