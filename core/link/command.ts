import { InvalidSetting, Refusal } from '../errors.ts';
import type { DeviceRecord } from './device.ts';
import { commandResponseTopic, deviceTopics, gatewayCommandTopic } from './device-topics.ts';
import { type JudgePayload, judgeMessage, type Violation, violationsText } from './judge-message.ts';
import { type CheckedThingModel, service, type ThingCommand, type ThingProperties } from './thing-model.ts';

/** Whether the caller waits for the answer. */
export type CommandMode = (typeof COMMAND_MODES)[number];

export const COMMAND_MODES = ['sync', 'async'] as const;

/**
 * `pending`: waits for its device. `sent`: published, not answered yet. `answered`: the device did it. `failed`: the device said that it did
 * not, answered something else than its model says, or the command could not be published. `timed-out`: no answer came in time. `expired`: its
 * device was not there in time.
 */
export type CommandStatus = 'pending' | 'sent' | 'answered' | 'failed' | 'timed-out' | 'expired';

/** A command as it is stored. Its key: the connection that it is published to, and its number on it. */
export interface CommandRecord {
  /** Client id of the device, or of the gateway before it. */
  readonly clientId: string;
  /** `mid` with leading zeros. */
  readonly id: string;
  /** The number that the device repeats in its answer: 1 to 2^31 - 1. */
  readonly mid: number;
  /** Client id of the device that it is for. */
  readonly deviceClientId: string;
  readonly product: string;
  readonly productId: string;
  readonly deviceId: string;
  readonly service: string;
  readonly command: string;
  /** JSON, as all that follows from people and devices. */
  readonly params: string;
  /** What its model says of the answer, JSON: an answer is judged by what was true when the command was sent. */
  readonly responseRules: string;
  readonly mode: CommandMode;
  /** Never `expired`, and `timed-out` only where somebody waited: both follow from the times. */
  readonly status: CommandStatus;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  /** Until then it may be sent. */
  readonly expiresAt: number;
  /** How long its device may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly sentAt?: number;
  readonly answerBy?: number;
  readonly answeredAt?: number;
  readonly errcode?: number;
  readonly body?: string;
  readonly reason?: string;
  /** Who sent it. */
  readonly by: string;
  /** Seconds since the epoch, for DynamoDB: it is forgotten then. */
  readonly until: number;
}

/** A command as people see it. */
export interface CommandView {
  readonly id: number;
  readonly product: string;
  readonly device: string;
  readonly service: string;
  readonly command: string;
  readonly params: unknown;
  readonly mode: CommandMode;
  readonly status: CommandStatus;
  /** ISO 8601, UTC, as all times here. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly sentAt?: string;
  readonly answerBy?: string;
  readonly answeredAt?: string;
  /** 0: the device did it. */
  readonly errcode?: number;
  readonly response?: unknown;
  /** Why it failed. */
  readonly reason?: string;
  readonly by: string;
}

/** What MQTT takes at AWS. */
const MAX_PAYLOAD_BYTES = 128 * 1024;
const REASON_CHARACTERS = 1000;
/** No property is called that. Paths read `$.level`. */
const ROOT = '$';

export function commandId(mid: number): string {
  return String(mid).padStart(10, '0');
}

/**
 * What a product's model says of a command.
 *
 * @throws Refusal CAUSEWAY.0404 naming those there are
 */
export function commandNamed(
  model: CheckedThingModel,
  { product, service: wanted, command }: Readonly<Record<'product' | 'service' | 'command', string>>,
): ThingCommand {
  const found = Object.hasOwn(model, wanted) ? model[wanted] : undefined;
  if (found === undefined) {
    const names = Object.keys(model).join(', ') || 'none';
    throw new Refusal('CAUSEWAY.0404', {
      message: `The product ${product} has no service ${JSON.stringify(wanted)} in its thing model; it has: ${names}.`,
    });
  }
  if (!found.enabled) {
    throw new Refusal('CAUSEWAY.0412', { message: `The service ${wanted} of the product ${product} is off.` });
  }
  const declared = Object.hasOwn(found.commands, command) ? found.commands[command] : undefined;
  if (declared === undefined) {
    const names = Object.keys(found.commands).join(', ') || 'none';
    throw new Refusal('CAUSEWAY.0404', {
      message: `The service ${wanted} of the product ${product} has no command ${JSON.stringify(command)}; it has: ${names}.`,
    });
  }

  return declared;
}

/** @throws Refusal CAUSEWAY.0400 with each path, the value received and the rule it breaks */
export function checkParameters(parameters: ThingProperties, params: unknown): void {
  const unknown = isObject(params) ? Object.keys(params).filter((name) => !Object.hasOwn(parameters, name)) : [];
  const names = Object.keys(parameters).join(', ') || 'none';
  const problems = [
    ...unknown.map((name) => `$.${JSON.stringify(name).slice(1, -1)} is no parameter; allowed: ${names}`),
    ...textOf(judgeValues(parameters)(params)),
  ];
  if (problems.length > 0) {
    throw new Refusal('CAUSEWAY.0400', { message: `params: ${problems.join(' | ')}` });
  }
}

/** What of an answer is not as declared, in words. */
export function responseProblem(rules: ThingProperties, body: unknown): string | undefined {
  return Object.keys(rules).length === 0 ? undefined : textOf(judgeValues(rules)(body))[0];
}

/** As the reference system writes it. @throws InvalidSetting when it is longer than MQTT takes */
export function commandPayload({ mid, command, params, service: serviceId, deviceClientId }: CommandRecord): string {
  const paras: unknown = JSON.parse(params);
  const payload = JSON.stringify({
    msgType: 'cloudReq',
    mid,
    cmd: command,
    paras,
    serviceId,
    deviceId: deviceClientId,
  });
  const bytes = Buffer.byteLength(payload);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new InvalidSetting('params', `a command of ${bytes} bytes`, `${MAX_PAYLOAD_BYTES} at most`);
  }

  return payload;
}

/** Where a device listens for commands, and where they are answered. */
export function commandTopicsOf(
  device: Pick<DeviceRecord, 'clientId' | 'productId' | 'deviceId' | 'nodeType' | 'gateway'>,
): {
  readonly command: string;
  readonly response: string;
} {
  const connection = device.gateway ?? device.clientId;

  return {
    command: device.nodeType === undefined ? deviceTopics(device).subscribe : gatewayCommandTopic(connection),
    response: commandResponseTopic(connection),
  };
}

/** Whether a device that waits for commands would get one now. Its subscription may be known before its presence is, and the other way round. */
export function isListening({ listening, presence }: Pick<DeviceRecord, 'listening' | 'presence'>): boolean {
  if (listening === undefined || presence === undefined) {
    return listening !== undefined;
  }

  return listening.session === presence.session ? presence.online : listening.at > presence.at;
}

/** How a command stands at this time. */
export function statusAt({ status, expiresAt, answerBy }: CommandRecord, now: number): CommandStatus {
  if (status === 'pending' && now >= expiresAt) {
    return 'expired';
  }

  return status === 'sent' && answerBy !== undefined && now >= answerBy ? 'timed-out' : status;
}

export function commandView(record: CommandRecord, now: number): CommandView {
  const { mid, product, deviceId, service: name, command, params, mode, createdAt, expiresAt, errcode, body } = record;
  const times = Object.entries({
    sentAt: record.sentAt,
    answerBy: record.answerBy,
    answeredAt: record.answeredAt,
  }).flatMap(([key, at]) => (at === undefined ? [] : [[key, new Date(at).toISOString()]]));

  return {
    id: mid,
    product,
    device: deviceId,
    service: name,
    command,
    params: JSON.parse(params),
    mode,
    status: statusAt(record, now),
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    ...Object.fromEntries(times),
    ...(errcode === undefined ? {} : { errcode }),
    ...(body === undefined ? {} : { response: JSON.parse(body) }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
    by: record.by,
  };
}

/** Commands are told everything: what of a model is read only for reports does not matter here. */
function judgeValues(properties: ThingProperties): JudgePayload {
  const told = Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, { ...property, access: 'read-write' as const }]),
  );
  const judge = judgeMessage({ [ROOT]: service({ properties: told }) });

  // What is no object is told as such, by the same words as a report.
  return (values) => judge(isObject(values) ? { [ROOT]: values } : values);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(violations: readonly Violation[]): string[] {
  return violations.length === 0 ? [] : [violationsText(violations, REASON_CHARACTERS)];
}
