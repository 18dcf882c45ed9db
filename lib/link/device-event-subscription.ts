import { Construct } from 'constructs';
import { DEVICE_EVENTS, type DeviceEventType } from '../../core/link/device-event.ts';
import type { ITopic } from '../mqs/topic.ts';
import { Integration } from '../platform/integration.ts';
import { checkName, invalid } from '../platform/setting.ts';
import type { Product } from './product.ts';

export interface DeviceEventSubscriptionProps {
  /** Where the events go. */
  readonly topic: ITopic;
  /**
   * Which: `added`, `deleted`, `changed`, `online`, `offline`, `refused` (a log-in).
   * @default - all of them
   */
  readonly events?: readonly DeviceEventType[];
  /**
   * Whose devices. Log-ins of client ids that no device has are told only where this is left out.
   * @default - those of all products
   */
  readonly product?: Product;
  /**
   * 1 to 64 letters, digits, `_` or `-`; unique in the environment.
   * @default - the construct's id
   */
  readonly name?: string;
}

/** Puts what happens to devices into a topic: in order per device, at least once, within seconds. docs/device-events.md */
export class DeviceEventSubscription extends Construct {
  constructor(scope: Construct, id: string, props: DeviceEventSubscriptionProps) {
    super(scope, id);
    const integration = Integration.of(this);
    const { topic, product, events = DEVICE_EVENTS } = props;
    const name = checkName(this, 'name', props.name ?? id, /^[\w-]{1,64}$/, '1 to 64 letters, digits, `_` or `-`');
    if (integration.platform.deviceEvents === undefined) {
      throw invalid(this, 'platform', 'deviceEvents: false', 'a platform that is made with `deviceEvents: true`');
    }
    const unknown = events.find((event) => !DEVICE_EVENTS.includes(event));
    if (events.length === 0 || unknown !== undefined) {
      throw invalid(this, 'events', events, `some of ${DEVICE_EVENTS.join(', ')}`);
    }
    if (topic.intake !== undefined) {
      throw invalid(
        this,
        'topic',
        topic.topicName,
        'a topic without `filterFields`: events hold nothing that is masked',
      );
    }
    topic.forwardedBy(this, { base64: false, deviceInfo: true });
    integration.allow('tellDeviceEvents', { actions: ['kinesis:PutRecords'], resources: [topic.stream.streamArn] });
    integration.catalog.add(this, 'subscription', name, {
      events: [...new Set(events)],
      ...(product !== undefined && { productId: product.productId }),
      topic: topic.topicName,
      stream: topic.stream.streamName,
    });
  }
}
