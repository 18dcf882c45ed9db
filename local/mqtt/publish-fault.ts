import { Buffer } from 'node:buffer';
import type { IPublishPacket } from 'mqtt-packet';
import { LIMITS } from './limits.ts';
import type { Login } from './login.ts';
import type { Reason } from './reason.ts';
import { topicFault } from './topic-filter.ts';

/** Why the broker cuts off a client that publishes this, or undefined. */
export function publishFault(
  topic: string,
  { qos, retain, payload }: Pick<IPublishPacket, 'qos' | 'retain' | 'payload'>,
  { allows }: Login,
): { reason: Reason; detail: string } | undefined {
  if (qos === 2) return { reason: 'qos-not-supported', detail: 'QoS 2 is not supported' };
  const fault = topicFault(topic);
  if (fault !== undefined) return { reason: 'topic-name-invalid', detail: fault };
  if (Buffer.byteLength(payload) > LIMITS.payloadBytes) {
    return { reason: 'packet-too-large', detail: `a payload has at most ${LIMITS.payloadBytes} bytes` };
  }
  if (!allows('iot:Publish', topic)) {
    return { reason: 'not-authorized', detail: 'the policy does not allow iot:Publish' };
  }
  if (!retain) return undefined;
  if (topic.startsWith('$')) return { reason: 'topic-name-invalid', detail: 'a reserved topic retains nothing' };

  return allows('iot:RetainPublish', topic)
    ? undefined
    : { reason: 'not-authorized', detail: 'the policy does not allow iot:RetainPublish' };
}
