import { setTimeout as delay } from 'node:timers/promises';
import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import type { Pairs } from '../../core/apic/canonical-request.ts';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import { type ApiHandler, apiHandler, type GroupRules } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { environment } from '../shared/environment.ts';
import { type StreamViewer, streamViewer } from '../shared/streams.ts';
import { type MessageQuery, type MessageQueryPorts, topicMessages } from '../shared/topic-messages.ts';

export interface QueryMessagesPorts extends MessageQueryPorts {
  readonly viewer: () => StreamViewer;
}

const PARAMETERS = ['since', 'until', 'key', 'partition', 'sequence', 'limit', 'next'];
const TIMES = ['since', 'until'];

export const handler = queryMessagesHandler(readDefinitions<ApiDefinitions>(), {
  viewer: () => streamViewer(environment('TOPIC_STREAM')),
  now: Date.now,
  wait: (milliseconds) => delay(milliseconds),
});

/** Answers apps the messages of a topic, a page at a time; nothing is taken out of it. */
export function queryMessagesHandler(definitions: GroupRules, ports: QueryMessagesPorts): ApiHandler {
  return apiHandler(async ({ query }) => {
    try {
      const page = await topicMessages(ports, ports.viewer(), queryOf(query));

      return { status: 200, body: JSON.stringify(page) };
    } catch (error) {
      const own = error instanceof InvalidSetting || (error instanceof Refusal && error.code === 'CAUSEWAY.0404');
      throw own ? new Refusal('APIC.0106', { message: `Orchestration error: ${error.message}`, cause: error }) : error;
    }
  }, definitions);
}

/** @throws InvalidSetting for a parameter that is not known, comes twice, or is not of its type */
function queryOf(query: Pairs): MessageQuery {
  const entries = query.map(([name, value]) => {
    if (!PARAMETERS.includes(name) || query.filter(([other]) => other === name).length > 1) {
      throw new InvalidSetting(name, value, `${PARAMETERS.join(', ')}, each once`);
    }
    if (TIMES.includes(name)) {
      return [name, timeOf(name, value)];
    }

    return [name, name === 'limit' ? Number(value) : value];
  });

  return Object.fromEntries(entries) as MessageQuery;
}

/** Milliseconds since 1970, or ISO 8601. */
function timeOf(name: string, value: string): number {
  const time = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  if (Number.isNaN(time)) {
    throw new InvalidSetting(name, value, 'milliseconds since 1970, or ISO 8601: 2026-11-24T08:00:00Z');
  }

  return time;
}
