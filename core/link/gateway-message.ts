import {
  array,
  int,
  literal,
  maxLength,
  minLength,
  object,
  optional,
  safeParse,
  string,
  union,
  unknown,
  type ZodMiniType,
} from 'zod/mini';
import { InvalidSetting, Refusal } from '../errors.ts';
import { deliverWaiting, type WaitingPorts } from './deliver-commands.ts';
import type { DeviceRecord } from './device.ts';
import { forwardData, type GatewayDataPorts, type Refused } from './gateway-data.ts';
import { type GatewayPresencePorts, reportOnline, reportPresence } from './gateway-presence.ts';
import { addSubDevice, type NamedModel, productOfModel, type TopologyPorts } from './topology.ts';

/** A message of a gateway, as the platform's rule hands it over. */
export interface GatewayMessage {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
  /** Milliseconds since the epoch, when the broker received it. */
  readonly at: number;
}

export interface GatewayPorts
  extends TopologyPorts,
    GatewayPresencePorts,
    Omit<GatewayDataPorts, 'publish'>,
    Omit<WaitingPorts, 'now'> {
  readonly environment: string;
  readonly products: () => Promise<readonly NamedModel[]>;
  /** Client ids of all devices behind a gateway. */
  readonly behind: (gateway: string) => Promise<readonly string[]>;
}

/** What became of a message. */
export interface GatewayOutcome {
  /** `unknown`: of no device of ours. */
  readonly kind: 'unknown' | 'datas' | 'topo/add' | 'topo/update' | 'topo/query';
  readonly gateway?: DeviceRecord;
  readonly done: number;
  readonly unheard?: number;
  readonly refused: readonly Refused[];
}

type Answer = Readonly<Record<string, unknown>>;

const OK = 0;
const FAILED = 1;
/** As the reference has it. */
const MAX_DEVICES = 100;

const listed = <T extends Parameters<typeof array>[0]>(shape: T) =>
  array(shape).check(minLength(1), maxLength(MAX_DEVICES));
const additions = object({ mid: int(), deviceInfos: listed(unknown()) });
const addition = object({
  nodeId: string(),
  name: optional(string()),
  description: optional(string()),
  manufacturerId: string(),
  model: string(),
});
const updates = object({
  mid: int(),
  deviceStatuses: listed(object({ deviceId: string(), status: union([literal('ONLINE'), literal('OFFLINE')]) })),
});
const query = object({ mid: int(), nodeId: optional(string()), deviceId: optional(string()) });

/**
 * Does what a gateway asks for, and forwards what it reports. Requests that cannot be done are answered with a `statusCode` other than 0.
 *
 * @throws whatever reading, writing or publishing throws: then the message has to be handled again
 */
export async function handleGatewayMessage(ports: GatewayPorts, message: GatewayMessage): Promise<GatewayOutcome> {
  const { clientId, topic, payload, at } = message;
  const gateway = await ports.findDevice(clientId);
  const own = `/v1/devices/${clientId}/`;
  const kind = topic.startsWith(own) ? topic.slice(own.length) : '';
  if (gateway?.nodeType !== 'gateway') {
    return { kind: 'unknown', done: 0, refused: [] };
  }
  if (kind === 'datas') {
    const { forwarded, unheard, refused } = await forwardData(ports, gateway, payload);

    return { kind, gateway, done: forwarded, unheard, refused };
  }
  const request = parsed(payload);
  if (kind === 'topo/add') {
    return answered(ports, gateway, { kind, request, shape: additions }, ({ deviceInfos }) =>
      add(ports, gateway, deviceInfos),
    );
  }
  if (kind === 'topo/update') {
    return answered(ports, gateway, { kind, request, shape: updates }, ({ deviceStatuses }) =>
      update(ports, gateway, deviceStatuses, at),
    );
  }
  if (kind === 'topo/query') {
    return answered(ports, gateway, { kind, request, shape: query }, (wanted) => find(ports, gateway, wanted));
  }

  return { kind: 'unknown', done: 0, refused: [] };
}

interface Request<T> {
  readonly kind: 'topo/add' | 'topo/update' | 'topo/query';
  readonly request: unknown;
  readonly shape: ZodMiniType<T>;
}

async function answered<T extends { readonly mid: number }>(
  { publish }: GatewayPorts,
  gateway: DeviceRecord,
  { kind, request, shape }: Request<T>,
  work: (request: T) => Promise<readonly Answer[]>,
): Promise<GatewayOutcome> {
  const topic = `/v1/devices/${gateway.clientId}/${kind}Response`;
  const { success, data: valid } = safeParse(shape, request);
  if (!success) {
    const { mid } = Object(request) as { mid?: unknown };
    if (Number.isInteger(mid)) {
      const statusDesc = 'not as the reference has it: mid, and 1 to 100 devices with all their fields';
      await publish(topic, JSON.stringify({ mid, statusCode: FAILED, statusDesc, data: [] }));
    }

    return { kind, gateway, done: 0, refused: [{ device: '', reason: 'not as the reference has it' }] };
  }
  const { mid } = valid;
  const data = await work(valid);
  const failures = data.filter(({ statusCode }) => statusCode === FAILED);
  const some =
    failures.length === data.length ? 'nothing was done' : `${failures.length} of ${data.length} were not done`;
  const statusDesc = failures.length === 0 ? '' : some;
  const count = kind === 'topo/query' ? { marker: '', count: String(data.length) } : {};
  const statusCode = failures.length === 0 ? OK : FAILED;
  await publish(topic, JSON.stringify({ mid, statusCode, statusDesc, ...count, data }));

  return {
    kind,
    gateway,
    done: data.length - failures.length,
    refused: failures.map(({ deviceId, nodeId, statusDesc: reason }) => ({
      device: String(deviceId ?? nodeId ?? ''),
      reason: String(reason),
    })),
  };
}

async function add(ports: GatewayPorts, gateway: DeviceRecord, infos: readonly unknown[]): Promise<Answer[]> {
  const products = await ports.products();
  const models = new Map(products.map((product) => [product.productId, product]));
  const answers: Answer[] = [];
  for (const info of infos) {
    const { success, data } = safeParse(addition, info);
    if (!success) {
      answers.push({ statusCode: FAILED, statusDesc: 'a device has nodeId, manufacturerId and model' });
      continue;
    }
    const { nodeId, name, description, ...named } = data;
    try {
      const product = productOfModel(products, gateway.app, named);
      const device = await addSubDevice(
        ports,
        { environment: ports.environment, gateway },
        {
          product,
          device: nodeId,
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
        },
      );
      answers.push({ statusCode: OK, statusDesc: '', deviceInfo: infoOf(device, models) });
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof InvalidSetting)) {
        throw error;
      }
      answers.push({ statusCode: FAILED, statusDesc: error.message, nodeId });
    }
  }

  return answers;
}

async function update(
  ports: GatewayPorts,
  gateway: DeviceRecord,
  statuses: readonly { readonly deviceId: string; readonly status: 'ONLINE' | 'OFFLINE' }[],
  at: number,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { deviceId, status } of statuses) {
    const known =
      status === 'ONLINE'
        ? await reportOnline(ports, gateway.clientId, deviceId, at)
        : await reportPresence(ports, gateway.clientId, deviceId, { online: false, at });
    if (known && status === 'ONLINE') {
      await deliverWaiting(ports, gateway, deviceId);
    }
    answers.push(
      known ? { deviceId, statusCode: OK } : { deviceId, statusCode: FAILED, statusDesc: 'not behind this gateway' },
    );
  }

  return answers;
}

async function find(
  ports: GatewayPorts,
  gateway: DeviceRecord,
  { nodeId, deviceId }: { readonly nodeId?: string | undefined; readonly deviceId?: string | undefined },
): Promise<Answer[]> {
  const models = new Map((await ports.products()).map((product) => [product.productId, product]));
  const devices = await Promise.all((await ports.behind(gateway.clientId)).map(ports.findDevice));

  return devices
    .filter((device) => device !== undefined)
    .filter((device) => device.gateway === gateway.clientId)
    .filter((device) => nodeId === undefined || device.deviceId === nodeId)
    .filter((device) => deviceId === undefined || device.clientId === deviceId)
    .map((device) => infoOf(device, models));
}

function infoOf(device: DeviceRecord, models: ReadonlyMap<string, NamedModel>): Answer {
  const { clientId, deviceId, name, description, productId } = device;
  const { manufacturerId = '', model = '' } = models.get(productId) ?? {};

  return { deviceId: clientId, nodeId: deviceId, name, description, manufacturerId, model };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
