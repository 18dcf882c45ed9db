import { type CommandRecord, commandPayload, commandTopicsOf, statusAt } from './command.ts';
import type { DeviceRecord, Listening } from './device.ts';

export type CommandKey = Pick<CommandRecord, 'clientId' | 'id'>;

type CommandChanges = Partial<Omit<CommandRecord, 'clientId' | 'id'>>;

export interface DeliverPorts {
  readonly findCommand: (key: CommandKey) => Promise<CommandRecord | undefined>;
  /** Sets attributes of a command that is in this status; answers whether it was. */
  readonly updateCommand: (
    key: CommandKey,
    changes: CommandChanges,
    onlyIf: Pick<CommandRecord, 'status'>,
  ) => Promise<boolean>;
  /** The command waits no longer. */
  readonly removePending: (key: CommandKey) => Promise<void>;
  /** Publishes with QoS 1. */
  readonly publish: (topic: string, payload: string) => Promise<void>;
  readonly failed: (command: CommandRecord, error: unknown) => void;
  readonly now: () => Date;
}

export interface WaitingPorts extends DeliverPorts {
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** Keys of the commands that wait for a connection, the oldest first. */
  readonly pendingOf: (clientId: string) => Promise<readonly CommandKey[]>;
}

export interface ListenerPorts extends WaitingPorts {
  readonly saveListening: (clientId: string, listening: Listening) => Promise<boolean>;
}

/** Of AWS IoT's event of a subscription, what matters here. D:iot/latest/developerguide/life-cycle-events */
export interface SubscriptionEvent {
  readonly clientId: string;
  readonly sessionIdentifier: string;
  readonly timestamp: number;
  readonly topics: readonly string[];
}

/**
 * Publishes a command that waits: once, whoever comes first. Its status is written before it is published, so that an answer always finds it
 * sent; where publishing fails nobody knows whether the device got it, so it is not tried again.
 *
 * @returns the command as it stands then
 */
export async function deliver(
  ports: DeliverPorts,
  device: Pick<DeviceRecord, 'clientId' | 'productId' | 'deviceId' | 'nodeType' | 'gateway'>,
  command: CommandRecord,
): Promise<CommandRecord> {
  const { updateCommand, removePending, publish, findCommand, failed, now } = ports;
  const sentAt = now().getTime();
  const changes = { status: 'sent', sentAt, answerBy: sentAt + command.timeoutMs } as const;
  if (!(await updateCommand(command, changes, { status: 'pending' }))) {
    return (await findCommand(command)) ?? command;
  }
  try {
    await publish(commandTopicsOf(device).command, commandPayload(command));
  } catch (error) {
    failed(command, error);
    const failure = { status: 'failed', reason: 'AWS IoT did not take it' } as const;
    await updateCommand(command, failure, { status: 'sent' });

    return { ...command, ...changes, ...failure };
  } finally {
    await removePending(command);
  }

  return { ...command, ...changes };
}

/** A client has subscribed: if it was to the topic of its commands, those that wait are sent. @returns how many */
export async function deliverToListener(ports: ListenerPorts, event: SubscriptionEvent): Promise<number> {
  const { clientId, sessionIdentifier, timestamp, topics } = event;
  const device = await ports.findDevice(clientId);
  if (device === undefined || !topics.includes(commandTopicsOf(device).command)) {
    return 0;
  }
  // Before it is looked what waits: whoever adds a command after that finds the device listening.
  if (!(await ports.saveListening(clientId, { session: sessionIdentifier, at: timestamp }))) {
    return 0;
  }

  return deliverWaiting(ports, device);
}

/**
 * Sends what waits for a connection. @param only one device of those behind a gateway
 *
 * @returns how many
 */
export async function deliverWaiting(ports: WaitingPorts, connection: DeviceRecord, only?: string): Promise<number> {
  let sent = 0;
  for (const key of await ports.pendingOf(connection.clientId)) {
    const command = await ports.findCommand(key);
    if (command === undefined || statusAt(command, ports.now().getTime()) !== 'pending') {
      await ports.removePending(key);
      continue;
    }
    if (only !== undefined && command.deviceClientId !== only) {
      continue;
    }
    const device = await reachable(ports, connection, command);
    if (device !== undefined) {
      const { status } = await deliver(ports, device, command);
      sent += status === 'sent' ? 1 : 0;
    }
  }

  return sent;
}

/** A device behind a gateway has to be online itself, and one that moved to another gateway is not spoken to by this one. */
async function reachable(
  { findDevice }: WaitingPorts,
  connection: DeviceRecord,
  { deviceClientId }: CommandRecord,
): Promise<DeviceRecord | undefined> {
  if (deviceClientId === connection.clientId) {
    return connection.enabled ? connection : undefined;
  }
  const device = await findDevice(deviceClientId);
  const ours = device?.gateway === connection.clientId && device.enabled && device.presence?.online === true;

  return ours ? device : undefined;
}
