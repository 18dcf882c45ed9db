import { InvalidSetting, Refusal } from '../errors.ts';
import {
  type CommandMode,
  type CommandRecord,
  type CommandView,
  checkParameters,
  commandId,
  commandNamed,
  commandPayload,
  commandTopicsOf,
  commandView,
  isListening,
} from './command.ts';
import { type DeliverPorts, deliver } from './deliver-commands.ts';
import type { DeviceRecord } from './device.ts';
import type { CheckedThingModel } from './thing-model.ts';

export interface SendCommandPorts extends DeliverPorts {
  /** Stores a command unless its number is taken; answers whether it did. */
  readonly addCommand: (command: CommandRecord) => Promise<boolean>;
  /** Notes that a command waits for its connection. */
  readonly addPending: (command: CommandRecord) => Promise<unknown>;
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
  /** A whole number from 0, below this. */
  readonly random: (below: number) => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Whom a command is for. */
export interface CommandTarget {
  readonly device: DeviceRecord;
  /** Of its product. */
  readonly model: CheckedThingModel;
}

export interface CommandRequest {
  readonly service: string;
  readonly command: string;
  /** None by default. */
  readonly params?: unknown;
  readonly mode: CommandMode;
  /** How long the device may take, in seconds: 5 by default and 25 at most for a caller who waits, else 60 and 3,600. */
  readonly timeout?: number;
  /** How long it may wait for its device, in seconds: a day by default, a week at most. Only where nobody waits. */
  readonly expiresIn?: number;
  readonly by: string;
}

const SECOND = 1000;
/** The management API answers within 29 s, and the rest of the call takes its time too. */
const TIMEOUTS = { sync: { default: 5, max: 25 }, async: { default: 60, max: 3600 } } as const;
const EXPIRY = { default: 86_400, max: 604_800 } as const;
/** What became of a command can be asked for so long after its end. */
const KEPT_SECONDS = 604_800;
/** Of each device one number a second is there at once; more at a time find others, in about their order. */
const NUMBERS = 2 ** 31 - 1;
const ATTEMPTS = 16;
/** Answers are looked for so often: quick at first, for devices that are. */
const LOOKS_MS = { first: 50, most: 250 } as const;

/**
 * Sends a command. With `sync` it waits for the answer; with `async` it answers at once, and the command waits for its device if it has to.
 *
 * @throws Refusal CAUSEWAY.0404, CAUSEWAY.0400 for what the model does not have or allow; CAUSEWAY.0412 for a device that is off, or offline where
 *   somebody waits; CAUSEWAY.0504 when no answer came in time; InvalidSetting for times out of range
 */
export async function sendCommand(
  ports: SendCommandPorts,
  { device, model }: CommandTarget,
  request: CommandRequest,
): Promise<CommandView> {
  const { mode, params = {} } = request;
  const declared = commandNamed(model, { product: device.product, ...request });
  checkParameters(declared.parameters, params);
  const timeout = seconds('timeout', request.timeout, TIMEOUTS[mode]);
  if (mode === 'sync' && request.expiresIn !== undefined) {
    throw new InvalidSetting('expiresIn', request.expiresIn, 'nothing, where the caller waits for the answer');
  }
  const expiry = mode === 'sync' ? timeout : seconds('expiresIn', request.expiresIn, EXPIRY);
  if (!device.enabled) {
    throw new Refusal('CAUSEWAY.0412', { message: `${nameOf(device)} is disabled. Enable it first.` });
  }
  const connection = await connectionOf(ports, device);
  if (mode === 'sync') {
    checkReachable(device, connection);
  }
  const now = ports.now().getTime();
  const draft = {
    clientId: connection.clientId,
    deviceClientId: device.clientId,
    product: device.product,
    productId: device.productId,
    deviceId: device.deviceId,
    service: request.service,
    command: request.command,
    params: JSON.stringify(params),
    responseRules: JSON.stringify(declared.response ?? {}),
    mode,
    status: 'pending',
    createdAt: now,
    expiresAt: now + expiry * SECOND,
    timeoutMs: timeout * SECOND,
    by: request.by,
    until: Math.ceil(now / SECOND) + expiry + timeout + KEPT_SECONDS,
  } as const;
  commandPayload({ ...draft, ...numbered(0) });
  const record = await stored(ports, draft);

  return mode === 'sync' ? answered(ports, device, record) : handedOver(ports, device, record);
}

/** The device itself, or the gateway before it. */
async function connectionOf({ findDevice }: SendCommandPorts, device: DeviceRecord): Promise<DeviceRecord> {
  if (device.gateway === undefined) {
    return device;
  }
  const gateway = await findDevice(device.gateway);
  if (gateway === undefined) {
    throw new Refusal('CAUSEWAY.0412', { message: `The gateway of ${nameOf(device)} is not there any more.` });
  }

  return gateway;
}

function checkReachable(device: DeviceRecord, connection: DeviceRecord): void {
  const away = [connection, device].find((one) => one.presence?.online !== true && !isListening(one));
  if (away !== undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `${nameOf(away)} is ${presenceText(away)}. Send the command asynchronously (--async): it then waits for the device.`,
    });
  }
}

async function stored(
  { addCommand, random }: SendCommandPorts,
  draft: Omit<CommandRecord, 'id' | 'mid'>,
): Promise<CommandRecord> {
  const first = Math.floor(draft.createdAt / SECOND);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const record = { ...draft, ...numbered(first + (attempt === 0 ? 0 : random(2 ** attempt))) };
    if (await addCommand(record)) {
      return record;
    }
  }
  throw new Refusal('APIC.0308', {
    message: `${draft.deviceId} of the product ${draft.product} has too many commands.`,
  });
}

function numbered(number: number) {
  const mid = (number % NUMBERS) + 1;

  return { mid, id: commandId(mid) };
}

/** Waits for the answer. The last word is the stored one: an answer that was stored is answered, one that comes later is not believed. */
async function answered(ports: SendCommandPorts, device: DeviceRecord, record: CommandRecord): Promise<CommandView> {
  const { findCommand, updateCommand, now, pause } = ports;
  const sent = await deliver(ports, device, record);
  let current = sent;
  for (let wait: number = LOOKS_MS.first; current.status === 'sent'; wait = Math.min(wait * 2, LOOKS_MS.most)) {
    const left = (sent.answerBy ?? 0) - now().getTime();
    if (left <= 0 && (await updateCommand(current, { status: 'timed-out' }, { status: 'sent' }))) {
      throw await noAnswer(ports, device, sent);
    }
    await pause(Math.max(Math.min(wait, left), 1));
    current = (await findCommand(current)) ?? current;
  }

  return commandView(current, now().getTime());
}

async function noAnswer(
  { findDevice }: SendCommandPorts,
  device: DeviceRecord,
  { mid, command, timeoutMs, clientId }: CommandRecord,
): Promise<Refusal> {
  const { command: topic, response } = commandTopicsOf(device);
  const connection = (await findDevice(clientId)) ?? device;
  const state = presenceText(connection);
  const what = isListening(connection)
    ? `It listens to ${topic}: does it answer on ${response}, with mid ${mid}?`
    : `It has not subscribed to ${topic} since it connected.`;

  return new Refusal('CAUSEWAY.0504', {
    message:
      `${nameOf(device)} has not answered the command ${command} (${mid}) within ${timeoutMs / SECOND} s. ` +
      `${connection.clientId === device.clientId ? 'The device' : `Its gateway ${connection.deviceId}`} is ${state}. ` +
      `${connection.presence?.online === true ? what : 'Whether it got the command is not known.'}`,
  });
}

/** Sends it if its device is there; else it is sent when the device subscribes. */
async function handedOver(ports: SendCommandPorts, device: DeviceRecord, record: CommandRecord): Promise<CommandView> {
  const { addPending, findDevice, now } = ports;
  await addPending(record);
  // Read only now: a device that subscribes meanwhile has found the command waiting, or is found listening.
  const [fresh = device, gateway] = await Promise.all([
    findDevice(device.clientId),
    device.gateway === undefined ? undefined : findDevice(device.gateway),
  ]);
  const there = isListening(gateway ?? fresh) && (gateway === undefined || fresh.presence?.online === true);
  const current = there ? await deliver(ports, device, record) : record;

  return commandView(current, now().getTime());
}

function seconds(name: string, given: number | undefined, limits: { readonly default: number; readonly max: number }) {
  const value = given ?? limits.default;
  if (!Number.isInteger(value) || value < 1 || value > limits.max) {
    throw new InvalidSetting(name, given, `whole seconds, 1 to ${limits.max}`);
  }

  return value;
}

function nameOf({ product, deviceId }: Pick<DeviceRecord, 'product' | 'deviceId'>): string {
  return `The device ${deviceId} of the product ${product}`;
}

function presenceText({ presence }: DeviceRecord): string {
  if (presence === undefined) {
    return 'offline: it has never been connected';
  }

  return `${presence.online ? 'online' : 'offline'} since ${new Date(presence.at).toISOString()}`;
}
