import { LIMITS } from './limits.ts';

/** The numbers a client of MQTT 5 gave to topics on this connection. [MQTT-3.3.2-7 …] */
export class TopicAliases {
  readonly #topics = new Map<number, string>();

  /** The topic that is meant, or undefined when the alias is unknown or out of range. */
  resolve(topic: string, alias: number | undefined): string | undefined {
    if (alias === undefined) return topic;
    if (alias < 1 || alias > LIMITS.topicAliases) return undefined;
    if (topic === '') return this.#topics.get(alias);
    this.#topics.set(alias, topic);

    return topic;
  }
}
