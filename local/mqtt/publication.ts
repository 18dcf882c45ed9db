import type { Buffer } from 'node:buffer';
import type { IPublishPacket } from 'mqtt-packet';

export type PublishProperties = NonNullable<IPublishPacket['properties']>;

/** A message on its way to subscribers. */
export interface Publication {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** Of MQTT 5; empty for a publisher of MQTT 3.1.1. */
  readonly properties: PublishProperties;
}

/** What of a publisher's properties is the message's own and reaches its subscribers. [MQTT-3.3.2-15 …] */
export function forwarded(properties: PublishProperties | undefined): PublishProperties {
  if (properties === undefined) return {};
  const { topicAlias: _, subscriptionIdentifier: __, ...own } = properties;

  return own;
}
