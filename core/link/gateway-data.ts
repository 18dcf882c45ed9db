import { array, object, optional, record, safeParse, string, unknown } from 'zod/mini';
import type { DeviceRecord } from './device.ts';
import { deviceTopics } from './device-topics.ts';

/** A rule that forwards what devices of a product report. */
export interface ForwardedBy {
  /** Its name in AWS IoT. */
  readonly rule: string;
  readonly productId: string;
  /** One device, or all: `+`. */
  readonly device: string;
}

export interface GatewayDataPorts {
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  readonly rules: () => Promise<readonly ForwardedBy[]>;
  /** How many services the thing model of a product has. */
  readonly servicesOf: (productId: string) => Promise<number>;
  readonly publish: (topic: string, payload: string) => Promise<void>;
}

/** Part of a message that was not forwarded. */
export interface Refused {
  /** As the message names it; empty for the message itself. */
  readonly device: string;
  readonly reason: string;
}

export interface DataOutcome {
  readonly forwarded: number;
  /** Reports of devices that no rule forwards: as when such a device reports itself. */
  readonly unheard: number;
  readonly refused: readonly Refused[];
}

const reported = object({ devices: array(unknown()) });
const reportedDevice = object({
  deviceId: string(),
  services: array(object({ serviceId: string(), data: record(string(), unknown()), eventTime: optional(string()) })),
});
/** As the reference writes it; what is written otherwise cannot be a level of a topic. */
const EVENT_TIME = /^\d{8}T\d{6}Z$/;

/**
 * Forwards what a gateway reports, of itself and of the devices behind it, each by the rule of the device's own product: the message goes to
 * that rule alone, with the gateway's client id and the time it names behind the device's own topic, where no device may publish.
 *
 * @throws what publishing throws: then the whole message has to be forwarded again
 */
export async function forwardData(
  ports: GatewayDataPorts,
  gateway: DeviceRecord,
  payload: string,
): Promise<DataOutcome> {
  const message = safeParse(reported, parsed(payload));
  if (!message.success) {
    return { forwarded: 0, unheard: 0, refused: [{ device: '', reason: 'no object with a list "devices"' }] };
  }
  const rules = await ports.rules();
  const outcomes = await Promise.all(message.data.devices.map((entry) => forwardDevice(ports, gateway, rules, entry)));

  return {
    forwarded: outcomes.reduce((sum, { forwarded }) => sum + forwarded, 0),
    unheard: outcomes.reduce((sum, { unheard }) => sum + unheard, 0),
    refused: outcomes.flatMap(({ refused }) => refused),
  };
}

async function forwardDevice(
  ports: GatewayDataPorts,
  gateway: DeviceRecord,
  rules: readonly ForwardedBy[],
  entry: unknown,
): Promise<DataOutcome> {
  const { success, data } = safeParse(reportedDevice, entry);
  if (!success) {
    const { deviceId } = Object(entry) as { deviceId?: unknown };

    return refusal(String(deviceId ?? ''), 'not {"deviceId", "services": [{"serviceId", "data", "eventTime"}]}');
  }
  const { deviceId, services } = data;
  const device = deviceId === gateway.clientId ? gateway : await ports.findDevice(deviceId);
  const own = device !== undefined && (device === gateway || device.gateway === gateway.clientId);
  if (!own) {
    return refusal(deviceId, 'not behind this gateway');
  }
  if (!device.enabled) {
    return refusal(deviceId, 'disabled');
  }
  const taken = rules.find(
    ({ productId, device: which }) => productId === device.productId && (which === '+' || which === device.deviceId),
  );
  if (taken === undefined) {
    return { forwarded: 0, unheard: services.length, refused: [] };
  }
  const several = (await ports.servicesOf(device.productId)) > 1;
  for (const { serviceId, data: values, eventTime } of services) {
    const levels = [deviceTopics(device).publish, gateway.clientId, ...(isTime(eventTime) ? [eventTime] : [])];
    // In order: reports of one device must not overtake one another.
    await ports.publish(
      `$aws/rules/${taken.rule}/${levels.join('/')}`,
      JSON.stringify(several ? { [serviceId]: values } : values),
    );
  }

  return { forwarded: services.length, unheard: 0, refused: [] };
}

function isTime(eventTime: string | undefined): eventTime is string {
  return eventTime !== undefined && EVENT_TIME.test(eventTime);
}

function refusal(device: string, reason: string): DataOutcome {
  return { forwarded: 0, unheard: 0, refused: [{ device, reason }] };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
