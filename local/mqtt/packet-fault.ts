import type { Packet } from 'mqtt-packet';

type Properties = Readonly<Record<string, unknown>>;

/**
 * What the parser lets through although the standard does not: it reads on where a packet ends too early, and says -1 or null of what is not there.
 * Nothing of that may reach another client, or be written back: the parser's own writer fails on it.
 */
export function packetFault(packet: Packet): string | undefined {
  switch (packet.cmd) {
    case 'connect':
      return (
        propertiesFault(packet.properties) ?? propertiesFault(packet.will?.properties) ?? willFault(packet.will?.qos)
      );
    case 'publish':
      return (packet.qos === 0 ? undefined : idFault(packet.messageId)) ?? propertiesFault(packet.properties);
    case 'subscribe':
    case 'unsubscribe':
    case 'puback':
      return idFault(packet.messageId) ?? propertiesFault(packet.properties);
    case 'disconnect':
      return propertiesFault(packet.properties);
    default:
      return undefined;
  }
}

/** [MQTT-2.3.1-1] */
function idFault(id: number | undefined): string | undefined {
  return id !== undefined && id >= 1 && id <= 65_535 ? undefined : 'a packet without a packet identifier';
}

/** [MQTT-3.1.2-14] */
function willFault(qos: number | undefined): string | undefined {
  return qos === 3 ? 'a will has no QoS 3' : undefined;
}

/** A property stands once, but for the user's own, and has a value. MQTT 5 section 2.2.2.2 */
function propertiesFault(properties: object | undefined): string | undefined {
  for (const [name, value] of Object.entries((properties ?? {}) as Properties)) {
    const complete = name === 'userProperties' ? areTexts(value as Properties) : isValue(name, value);
    if (!complete) return `the property ${name} is not complete, or stands there twice`;
  }

  return undefined;
}

function areTexts(pairs: Properties): boolean {
  return Object.values(pairs)
    .flat()
    .every((value) => typeof value === 'string');
}

function isValue(name: string, value: unknown): boolean {
  if (Array.isArray(value) || value === null || value === undefined || value === -1) return false;
  // "It is a Protocol Error": MQTT 5 sections 3.1.2.11.3 and 3.8.2.1.2
  if (name === 'receiveMaximum' || name === 'subscriptionIdentifier') return typeof value === 'number' && value > 0;

  return true;
}
