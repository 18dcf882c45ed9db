import { Buffer } from 'node:buffer';
import { stateFile } from '../state-file.ts';
import { LIMITS } from './limits.ts';
import type { Publication } from './publication.ts';

interface Stored {
  /** base64 */
  readonly payload: string;
  readonly qos: 0 | 1;
}

/** The last retained message of each topic, in `<state>/mqtt/retained.json`: AWS keeps them for three years. */
export interface RetainedMessages {
  load(): void;
  find(topic: string): Publication | undefined;
  /** An empty payload deletes. False: the account has as many as it may. */
  keep(publication: Publication): Promise<boolean>;
}

export function retainedMessages(path: string): RetainedMessages {
  const file = stateFile<Record<string, Stored>>(path, {});
  const messages = new Map<string, Publication>();
  const save = () =>
    file.write(
      Object.fromEntries(
        [...messages].map(([topic, { payload, qos }]) => [topic, { payload: payload.toString('base64'), qos }]),
      ),
    );

  return {
    load() {
      for (const [topic, { payload, qos }] of Object.entries(file.read())) {
        messages.set(topic, { topic, qos, payload: Buffer.from(payload, 'base64'), retain: true, properties: {} });
      }
    },
    find: (topic) => messages.get(topic),
    async keep(publication) {
      const { topic, payload } = publication;
      if (payload.length > 0 && !messages.has(topic) && messages.size >= LIMITS.retainedMessages) return false;
      // A copy: the payload is a window of what the socket read.
      if (payload.length > 0) messages.set(topic, { ...publication, payload: Buffer.from(payload) });
      else if (!messages.delete(topic)) return true;
      await save();
      return true;
    },
  };
}
