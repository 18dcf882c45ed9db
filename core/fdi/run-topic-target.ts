import { Buffer } from 'node:buffer';
import { InvalidSetting } from '../errors.ts';
import { decodeEnvelope, payloadText } from '../mqs/envelope.ts';
import { maskFields } from '../mqs/mask-fields.ts';
import { MAX_KEY } from '../mqs/partition-key.ts';
import { isFault, messageEntry, type ProducedTopic, type TopicEntry } from '../mqs/produce-messages.ts';
import { Pace } from './pace.ts';
import { Rejection } from './rejection.ts';
import type { ScheduledTask } from './run-definition.ts';
import { memberText, type ObjectCells, objectText, planObjects } from './run-object-plan.ts';
import type { OutgoingRow, Outlet } from './run-outlet.ts';
import type { SourceRecord } from './run-ports.ts';
import { recordIds } from './run-record-id.ts';
import { sendInOrder, type TopicPorts } from './run-topic-send.ts';

/** A topic of ours: each record becomes a message. */
export interface TopicTarget extends ProducedTopic {
  readonly kind: 'topic';
  /** Whose messages they are: the task's owner. */
  readonly app: string;
  /** Names of the mapping whose values are the message's key; without them the key of the source. */
  readonly keys: readonly string[];
  /** The name of the mapping that says when it happened; else it is the time of sending. */
  readonly eventTimeColumn?: string;
}

/** A message on its way: its trace id is its id. */
export interface OutgoingMessage extends OutgoingRow, TopicEntry {}

export interface TopicSending extends TopicPorts {
  readonly now: () => number;
  readonly newId: () => string;
}

/** Records between two places: as many as get through in about this time. */
const PACE = { first: 500, most: 10_000, targetMs: 5000 } as const;

/** @param where the setting's place, for the message. @throws InvalidSetting */
export function checkTopicTarget({ keys, filterFields, topic }: TopicTarget, where: string): void {
  const masked = keys.find((key) => filterFields.includes(key));
  if (masked !== undefined) {
    throw new InvalidSetting(`${where}.keys`, masked, `fields that ${topic} does not mask: a key is stored as it is`);
  }
  if (filterFields.length > 0 && keys.length === 0) {
    throw new InvalidSetting(
      `${where}.keys`,
      keys,
      `at least one field that is not masked: ${topic} masks fields, and the source's own key may be one of them`,
    );
  }
}

/** The fields of the source that no copy of its records may show: what becomes of them is masked in the topic. */
export function maskedFields({ mapping, target }: Pick<ScheduledTask, 'mapping' | 'target'>): readonly string[] {
  if (target.kind !== 'topic') {
    return [];
  }
  const { filterFields } = target;
  const mapped = mapping === 'by-name' ? [] : mapping.filter(({ column }) => filterFields.includes(column));

  return [...filterFields, ...mapped.flatMap((entry) => ('from' in entry ? [entry.from] : []))];
}

/** Writes messages as the produce API does: in the topic's envelope, masked where the topic masks. */
export function topicOutlet(task: ScheduledTask, target: TopicTarget, ports: TopicSending): Outlet<OutgoingMessage> {
  const pace = new Pace(PACE, ports.now);

  return {
    plan(fields, run) {
      const objects = planObjects(task, fields, target.filterFields);
      const idOf = recordIds(task, run);
      const keys = keyReader(target, objects, task.name);
      const timeOf = timeReader(target, objects, task.name);

      return {
        version: objects.version,
        read(record) {
          const cells = objects.read(record);
          if (cells instanceof Rejection) {
            return cells;
          }
          const [key, time] = [keys(cells, record), timeOf(cells)];
          if (key instanceof Rejection || time instanceof Rejection) {
            return key instanceof Rejection ? key : (time as Rejection);
          }
          const text = maskedText(objectText(objects.names, cells), target);
          const id = idOf(record, text);
          const entry = messageEntry({ ...target, filterFields: [] }, Buffer.from(text, 'utf8'), key, {
            ...{ app: target.app, traceId: id, now: time ?? ports.now(), at: '' },
            ...{ random: ports.random, newId: ports.newId },
          });

          return isFault(entry) ? new Rejection('length', entry.message) : { id, ...entry };
        },
      };
    },

    get recordsAtOnce() {
      return pace.records;
    },

    send: (rows, sending) => pace.over(rows.length, () => sendInOrder(rows, ports, sending)),

    show({ id, key, data }) {
      const envelope = decodeEnvelope(data.toString('base64'));
      const message = typeof envelope === 'string' ? null : JSON.parse(payloadText(envelope) ?? 'null');

      return { topic: target.topic, partitionKey: key, traceId: id, message };
    },

    async close() {},
  };
}

function keyReader({ keys }: TopicTarget, objects: Parameters<typeof memberText>[0], task: string) {
  const readers = keys.map((name) => memberText(objects, name, `${task}: target.keys`));

  return (cells: ObjectCells, { key, position }: SourceRecord): string | Rejection => {
    const texts: string[] = [];
    for (const read of readers) {
      const text = read(cells);
      if (text instanceof Rejection) {
        return text;
      }
      texts.push(text);
    }
    const text = readers.length === 0 ? (key ?? position) : texts.join(',');

    // A key of no length is refused by streams.
    return text === '' ? '-' : text.slice(0, MAX_KEY).toWellFormed();
  };
}

function timeReader({ eventTimeColumn: name }: TopicTarget, objects: Parameters<typeof memberText>[0], task: string) {
  const read = name === undefined ? undefined : memberText(objects, name, `${task}: target.eventTimeColumn`);

  return (cells: ObjectCells): number | Rejection | undefined => {
    const text = read?.(cells);
    if (text === undefined || text instanceof Rejection) {
      return text;
    }
    const time = Date.parse(text);

    return Number.isNaN(time) ? new Rejection('type', `${name}: ${text.slice(0, 80)} is not a date and time`) : time;
  };
}

function maskedText(text: string, { filterFields }: TopicTarget): string {
  return filterFields.length === 0 ? text : (maskFields(text, filterFields) ?? text);
}
