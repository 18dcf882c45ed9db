import { Buffer } from 'node:buffer';
import { LIMITS } from './limits.ts';

/** Basic Ingest's own levels, `$aws/rules/<rule>/`, do not count to a topic's limits. */
const BASIC_INGEST = /^\$aws\/rules\/[^/]+\//;

/** What the parser reads in place of bytes that are no UTF-8. [MQTT-1.5.3-1] */
const REPLACED = '\ufffd';

/** Why AWS would not take a publish to this topic, or undefined. */
export function topicFault(topic: string): string | undefined {
  if (/[+#\0]/.test(topic)) return 'a topic name holds no wildcards';
  if (topic.includes(REPLACED)) return 'a topic is UTF-8';

  return sizeFault(topic.replace(BASIC_INGEST, ''));
}

/** Why AWS would not take a subscription or rule on this filter, or undefined. [MQTT-4.7.1] */
export function filterFault(filter: string): string | undefined {
  if (filter.startsWith('$share/')) return 'shared subscriptions are not run locally';
  if (BASIC_INGEST.test(`${filter}/`)) return '$aws/rules/ can only be published to';
  const levels = filter.split('/');
  const misplaced = levels.some(
    (level, i) => /[+#]/.test(level) && !(level === '+' || (level === '#' && i === levels.length - 1)),
  );
  if (filter.includes(REPLACED)) return 'a topic is UTF-8';
  if (misplaced || filter.includes('\0')) return 'a wildcard is a level of its own, and # the last one';

  return sizeFault(filter);
}

function sizeFault(text: string): string | undefined {
  if (text === '') return 'a topic has at least one character';
  if (Buffer.byteLength(text, 'utf8') > LIMITS.topicBytes) return `a topic has at most ${LIMITS.topicBytes} bytes`;
  const slashes = text.split('/').length - 1;

  return slashes > LIMITS.topicSlashes ? `a topic has at most ${LIMITS.topicSlashes} slashes` : undefined;
}
