import { encodeEnvelope } from '../mqs/envelope.ts';
import type { PutOutcome, TopicEntry } from '../mqs/produce-messages.ts';
import type { DeviceEventType, FoundEvent } from './device-event.ts';

/** Who wants to know; as the catalogue has it. */
export interface EventSubscription {
  readonly name: string;
  readonly events: readonly DeviceEventType[];
  /** Of one product's devices; of all by default. */
  readonly productId?: string;
  /** Of the topic. */
  readonly stream: string;
}

/** The events of one change. */
export interface ToldChange {
  /** Of the change: the same when it is told again. */
  readonly id: string;
  readonly events: readonly FoundEvent[];
}

export interface TellPorts {
  readonly put: (stream: string, entries: readonly TopicEntry[]) => Promise<readonly PutOutcome[]>;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** A topic that cannot be written to at all: its subscription is left out. */
  readonly lost: (subscription: EventSubscription, error: string) => void;
}

/** No product is called that: what is known of products says nothing of such a message. */
const PRODUCT = 'device-events';
/** Errors that no waiting mends: the stream is gone, or the platform may not write to it. */
const FOR_GOOD = /^(ResourceNotFound|AccessDenied)/;
const WAITS_MS = [100, 400, 1600] as const;

/**
 * Writes what changes mean into the topics of those who subscribed, in the order of the changes: a device's next event goes out when the one before
 * it is in the topic.
 *
 * @returns how many of the changes, from the first on, need not be told again
 */
export async function tellDeviceEvents(
  ports: TellPorts,
  subscriptions: readonly EventSubscription[],
  changes: readonly ToldChange[],
): Promise<number> {
  const told = await Promise.all(subscriptions.map((subscription) => tellOne(ports, subscription, changes)));

  return Math.min(changes.length, ...told);
}

async function tellOne(
  ports: TellPorts,
  subscription: EventSubscription,
  changes: readonly ToldChange[],
): Promise<number> {
  const waiting = changes.flatMap(({ id, events }, index) =>
    events
      .filter((found) => wants(subscription, found))
      .map((found, number) => ({ index, device: found.event.deviceId, entry: entryOf(found, `${id}-${number}`) })),
  );
  while (waiting.length > 0) {
    // One of each device: records of a call are not stored in its order.
    const devices = new Set<string>();
    const round = waiting.filter(({ device }) => !devices.has(device) && devices.add(device)).slice(0, 500);
    const failed = await put(
      ports,
      subscription,
      round.map(({ entry }) => entry),
    );
    if (failed === 'lost') {
      return changes.length;
    }
    for (const [at, done] of round.entries()) {
      if (!failed.has(at)) {
        waiting.splice(waiting.indexOf(done), 1);
      }
    }
    if (failed.size > 0) {
      // Also those of other devices that wait for their turn.
      return Math.min(...waiting.map(({ index }) => index));
    }
  }

  return changes.length;
}

/** Tries those that were not taken again. @returns which were not taken in the end */
async function put(
  { put: write, pause, lost }: TellPorts,
  subscription: EventSubscription,
  entries: readonly TopicEntry[],
): Promise<ReadonlySet<number> | 'lost'> {
  let open = entries.map((_, index) => index);
  for (const wait of [0, ...WAITS_MS]) {
    if (wait > 0) {
      await pause(wait);
    }
    const outcomes = await write(
      subscription.stream,
      open.map((index) => entries[index] as TopicEntry),
    );
    const fault = outcomes.find((outcome) => 'error' in outcome && FOR_GOOD.test(outcome.error));
    if (fault !== undefined && 'error' in fault) {
      lost(subscription, `${fault.error}: ${fault.message}`);
      return 'lost';
    }
    open = open.filter((_, at) => 'error' in (outcomes[at] ?? { error: '' }));
    if (open.length === 0) {
      break;
    }
  }

  return new Set(open);
}

function wants({ events, productId }: EventSubscription, { type, event }: FoundEvent): boolean {
  return events.includes(type) && (productId === undefined || productId === event.productId);
}

function entryOf({ at, event }: FoundEvent, traceId: string): TopicEntry {
  const { deviceIdentifier, deviceId: clientId } = event;
  const raw = Buffer.from(JSON.stringify(event)).toString('base64');

  return {
    data: encodeEnvelope({ raw, productId: PRODUCT, deviceId: deviceIdentifier, clientId, eventTime: at, traceId }),
    key: clientId,
  };
}
