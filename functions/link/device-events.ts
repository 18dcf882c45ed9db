import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { DeviceRecord } from '../../core/link/device.ts';
import { eventsOf, type ItemChange, refusalEvents } from '../../core/link/device-event.ts';
import {
  type EventSubscription,
  type TellPorts,
  type ToldChange,
  tellDeviceEvents,
} from '../../core/link/tell-device-events.ts';
import { environment } from '../shared/environment.ts';
import { logger } from '../shared/logger.ts';
import { remembered } from '../shared/remembered.ts';
import { itemOf } from '../shared/stream-item.ts';
import { catalogTable, deviceTable } from '../shared/tables.ts';
import { putRecords } from '../shared/topic-writer.ts';

export interface DeviceEventsPorts extends TellPorts {
  readonly subscriptions: () => Promise<readonly EventSubscription[]>;
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** Of the table of refusals; everything else is of the table of devices. */
  readonly refusals: string;
}

/** Changes of the tables of devices and of refused log-ins, in the order of each item, as events into the topics of those who subscribed. */
export const handler = deviceEvents(() => ({
  subscriptions: () => subscriptions(''),
  findDevice: (clientId) => deviceTable().get({ clientId }),
  refusals: environment('REFUSAL_TABLE'),
  put: putRecords,
  pause: (milliseconds) => pause(milliseconds),
  lost: ({ name, stream }, error) =>
    logger.error('a subscription is not served', { subscription: name, stream, error }),
}));

/** What could not be told is answered as failed, and comes again with all that follows. */
export function deviceEvents(
  portsOf: () => DeviceEventsPorts,
): (event: DynamoDBStreamEvent) => Promise<DynamoDBBatchResponse> {
  return async ({ Records }) => {
    const ports = portsOf();
    const wanted = await ports.subscriptions();
    const changes = wanted.length === 0 ? [] : await Promise.all(Records.map((record) => changeOf(ports, record)));
    const told = await tellDeviceEvents(ports, wanted, changes);
    const first = told < changes.length ? Records[told]?.dynamodb?.SequenceNumber : undefined;
    logger.info('changes of devices', { changes: Records.length, subscriptions: wanted.length, told });

    return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] };
  };
}

async function changeOf({ refusals, findDevice }: DeviceEventsPorts, record: DynamoDBRecord): Promise<ToldChange> {
  const { dynamodb = {}, eventSourceARN = '' } = record;
  const change: ItemChange = {
    at: (dynamodb.ApproximateCreationDateTime ?? 0) * 1000,
    before: itemOf(dynamodb.OldImage),
    after: itemOf(dynamodb.NewImage),
  };
  const id = dynamodb.SequenceNumber ?? '';
  if (!eventSourceARN.includes(`:table/${refusals}/`)) {
    return { id, events: eventsOf(change) };
  }
  const { clientId } = itemOf(dynamodb.Keys) as { clientId: string };

  return { id, events: refusalEvents(change, await findDevice(clientId)) };
}

const subscriptions = remembered(
  async (): Promise<EventSubscription[]> =>
    (await catalogTable().queryAll({ kind: 'subscription' })).map(({ name, document }) => ({
      ...(document as unknown as Omit<EventSubscription, 'name'>),
      name,
    })),
);
