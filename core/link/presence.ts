import { literal, number, object, optional, safeParse, string, union } from 'zod/mini';

/** A life-cycle event of AWS IoT. D:iot/latest/developerguide/life-cycle-events */
export interface PresenceEvent {
  readonly clientId: string;
  readonly eventType: 'connected' | 'disconnected';
  readonly sessionIdentifier: string;
  /** The same for a connection and its end; rises with every connection of the client id, and starts again at 0 after about an hour without one. */
  readonly versionNumber: number;
  /** Milliseconds since the epoch, approximately. */
  readonly timestamp: number;
  /** Why a connection ended: `CLIENT_INITIATED_DISCONNECT`, `MQTT_KEEP_ALIVE_TIMEOUT`, … */
  readonly disconnectReason?: string | undefined;
}

/** Where a device stands after the last of its events. */
export interface Presence {
  readonly online: boolean;
  /** Milliseconds since the epoch: when it came or went. */
  readonly at: number;
  readonly session: string;
  readonly version: number;
  readonly reason?: string;
}

/**
 * Time stamps this far apart, in milliseconds, are in their true order, and only then: each may be two minutes off. A version starts again only
 * after about an hour, or when a persistent session has expired, so within this time the version tells.
 */
const CERTAIN_MS = 5 * 60 * 1000;

const lifeCycleEvent = object({
  clientId: string(),
  eventType: union([literal('connected'), literal('disconnected')]),
  sessionIdentifier: string(),
  versionNumber: number(),
  timestamp: number(),
  disconnectReason: optional(string()),
});

/** Undefined for anything that is not the event of a connection that began or ended. */
export function presenceEvent(payload: unknown): PresenceEvent | undefined {
  const { success, data } = safeParse(lifeCycleEvent, payload);

  return success ? data : undefined;
}

/**
 * Where a device stands once this event is known too. Events come doubled and out of order; whatever their order, the last one that happened
 * decides. Answers `current` itself when the event changes nothing.
 */
export function nextPresence(current: Presence | undefined, event: PresenceEvent): Presence {
  const { eventType, timestamp, sessionIdentifier, versionNumber, disconnectReason } = event;
  const next: Presence = {
    online: eventType === 'connected',
    at: timestamp,
    session: sessionIdentifier,
    version: versionNumber,
    ...(disconnectReason === undefined ? {} : { reason: disconnectReason }),
  };

  return current === undefined || isLater(next, current) ? next : current;
}

function isLater(a: Presence, b: Presence): boolean {
  if (a.session === b.session && a.version === b.version) {
    return !a.online && b.online;
  }
  if (a.version === b.version || Math.abs(a.at - b.at) > CERTAIN_MS) {
    return a.at > b.at;
  }

  return a.version > b.version;
}
