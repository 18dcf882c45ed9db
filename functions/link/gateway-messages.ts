import { randomUUID } from 'node:crypto';
import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { number, object, safeParse, string } from 'zod/mini';
import type { ForwardedBy } from '../../core/link/gateway-data.ts';
import {
  type GatewayMessage,
  type GatewayOutcome,
  type GatewayPorts,
  handleGatewayMessage,
} from '../../core/link/gateway-message.ts';
import type { NamedModel } from '../../core/link/topology.ts';
import { commandStore, thingModelOf } from '../shared/command-table.ts';
import { publish } from '../shared/connections.ts';
import { environment } from '../shared/environment.ts';
import { gatewayPresence } from '../shared/gateway-ports.ts';
import { logger } from '../shared/logger.ts';
import { objectStore } from '../shared/object-store.ts';
import { productOf } from '../shared/registered-devices.ts';
import { remembered } from '../shared/remembered.ts';
import { catalogTable, deviceWriter } from '../shared/tables.ts';
import { things } from '../shared/things.ts';

/** As the platform's rule writes them. */
const envelope = object({ raw: string(), clientId: string(), topic: string(), eventTime: number(), traceId: string() });

interface Received extends GatewayMessage {
  readonly raw: string;
  readonly traceId: string;
}

export interface GatewayMessagesPorts extends GatewayPorts {
  /** Puts what is not forwarded where operators see it. */
  readonly keep: (key: string, content: string) => Promise<void>;
}

/** In the error store, beside the folders of products. */
const FOLDER = 'gateway-messages';
/** Gateways whose messages are handled at a time. */
const AT_ONCE = 10;

export const handler = gatewayMessages(awsPorts);

/**
 * Messages of gateways in their order: those of one gateway one after the other, several gateways beside each other. A message that cannot be
 * handled for a reason that passes is answered as failed, so that it comes again with those behind it.
 */
export function gatewayMessages(
  portsOf: () => GatewayMessagesPorts,
): (event: KinesisStreamEvent) => Promise<KinesisStreamBatchResponse> {
  return async ({ Records }) => {
    const ports = portsOf();
    const lanes = [...Map.groupBy(Records, ({ kinesis }) => kinesis.partitionKey).values()];
    const waiting = lanes.values();
    const failed = new Set<KinesisStreamRecord>();
    const worker = async () => {
      for (const lane of waiting) {
        const stopped = await handleAll(ports, lane);
        if (stopped !== undefined) {
          failed.add(stopped);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, lanes.length) }, worker));
    const first = Records.find((record) => failed.has(record));

    return {
      batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first.kinesis.sequenceNumber }],
    };
  };
}

/** @returns the first record that could not be handled */
async function handleAll(
  ports: GatewayMessagesPorts,
  records: readonly KinesisStreamRecord[],
): Promise<KinesisStreamRecord | undefined> {
  for (const record of records) {
    const message = messageOf(record);
    if (message === undefined) {
      logger.warn('not a message of the rule', { sequenceNumber: record.kinesis.sequenceNumber });
      continue;
    }
    try {
      await told(ports, message, await handleGatewayMessage(ports, message));
    } catch (error) {
      const { clientId, topic, traceId } = message;
      logger.error('message of a gateway not handled, it comes again', { clientId, topic, traceId, error });
      return record;
    }
  }

  return undefined;
}

function messageOf({ kinesis }: KinesisStreamRecord): Received | undefined {
  try {
    const { success, data } = safeParse(envelope, JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')));
    if (!success) {
      return undefined;
    }
    const { raw, eventTime, ...named } = data;

    return { ...named, raw, at: eventTime, payload: Buffer.from(raw, 'base64').toString('utf8') };
  } catch {
    return undefined;
  }
}

async function told(ports: GatewayMessagesPorts, message: Received, outcome: GatewayOutcome): Promise<void> {
  const { kind, gateway, done, unheard, refused } = outcome;
  const { clientId, topic, traceId } = message;
  const named = gateway === undefined ? {} : { product: gateway.product, device: gateway.deviceId };
  if (refused.length === 0) {
    logger.info('message of a gateway', { kind, ...named, clientId, topic, done, unheard, traceId });
    return;
  }
  logger.warn('message of a gateway refused', { kind, ...named, clientId, topic, done, unheard, refused, traceId });
  if (kind === 'datas') {
    await ports.keep(`${FOLDER}/${clientId}/${message.at}-${randomUUID()}.json`, report(message, outcome));
  }
}

/** As AWS IoT writes what an action failed to do, so that all of the error store is read alike. D:iot/latest/developerguide/rule-error-handling */
function report({ topic, traceId, clientId, raw }: Received, { refused }: GatewayOutcome): string {
  return JSON.stringify({
    ruleName: FOLDER,
    topic,
    cloudwatchTraceId: traceId,
    clientId,
    base64OriginalPayload: raw,
    failures: refused.map(({ device, reason }) => ({
      failedAction: 'ForwardData',
      failedResource: device,
      errorMessage: reason,
    })),
  });
}

const products = remembered(
  async (): Promise<NamedModel[]> =>
    (await catalogTable().queryAll({ kind: 'product' })).flatMap((item) => productOf(item) ?? []),
);

const rules = remembered(
  async (): Promise<ForwardedBy[]> =>
    (await catalogTable().queryAll({ kind: 'rule' })).flatMap(({ document }) => {
      const { rule, productId, device, enabled } = document;
      const whole = typeof rule === 'string' && typeof productId === 'string' && typeof device === 'string';

      return whole && enabled !== false ? [{ rule, productId, device }] : [];
    }),
);

const services = remembered(async (productId: string) => Object.keys(await thingModelOf(productId)).length);

function awsPorts(): GatewayMessagesPorts {
  const store = objectStore(environment('ERROR_STORE'));

  return {
    ...commandStore(),
    ...gatewayPresence(),
    environment: environment('CAUSEWAY_ENVIRONMENT'),
    addDevice: deviceWriter().addDevice,
    addThing: things().add,
    products: () => products(''),
    rules: () => rules(''),
    servicesOf: services,
    publish,
    keep: store.put,
    now: () => new Date(),
  };
}
