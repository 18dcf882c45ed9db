import type { Context, IoTCustomAuthorizerEvent, IoTCustomAuthorizerResult } from 'aws-lambda';
import type { DeviceRecord } from '../../core/link/device.ts';
import { type AwsPlace, devicePolicy, placeOfArn } from '../../core/link/device-policy.ts';
import { verifyPassword } from '../../core/link/password.ts';
import { logger } from '../shared/logger.ts';
import { deviceTable } from '../shared/tables.ts';

/** The shortest IoT takes: after it the authorizer is asked again, so a disabled device is off within five minutes even if nobody cuts it. */
const REFRESH_SECONDS = 300;
/** The longest IoT takes: a day. */
const DISCONNECT_SECONDS = 86_400;
/** Others cannot be registered; some of them cannot even be looked up. */
const CLIENT_ID = /^[A-Za-z0-9]{1,128}$/;
/** Longest part of a stranger's client id that a log line repeats; MQTT allows 64 KB. */
const LOGGED_CHARACTERS = 128;

export interface AuthorizeDevicePorts {
  readonly findDevice: (clientId: string) => Promise<DeviceRecord | undefined>;
}

type AuthorizeDevice = (
  event: IoTCustomAuthorizerEvent,
  context: Pick<Context, 'invokedFunctionArn'>,
) => Promise<IoTCustomAuthorizerResult>;

interface Login {
  readonly clientId: string;
  readonly password: string;
}

/** Log-in of devices over MQTT: client id and user name are the device's, the password is checked against its hash. */
export const handler = authorizeDevice({ findDevice: (clientId) => deviceTable().get({ clientId }) });

/** Answers every event; throws only when the device table does not answer, so that this shows as an error and not as wrong passwords. */
export function authorizeDevice({ findDevice }: AuthorizeDevicePorts): AuthorizeDevice {
  return async (event, { invokedFunctionArn }) => {
    const login = loginOf(event);
    if (typeof login === 'string') {
      return refused(event, login);
    }
    const device = CLIENT_ID.test(login.clientId) ? await findDevice(login.clientId) : undefined;
    // Before anything else is looked at, so that unknown, disabled and wrong all take the same time.
    const verified = await verifyPassword(login.password, device?.passwordHash);
    if (device === undefined) {
      return refused(event, 'unknown device');
    }
    if (!verified) {
      return refused(event, 'wrong password', device);
    }
    if (!device.enabled) {
      return refused(event, 'device disabled', device);
    }
    logger.info('device logged in', { ...whoOf(event), ...namesOf(device) });

    return accepted(device, placeOfArn(invokedFunctionArn));
  };
}

/** Who wants in, or why the event cannot tell. */
function loginOf(event: IoTCustomAuthorizerEvent): Login | string {
  const mqtt = event.protocolData?.mqtt;
  if (mqtt === undefined || !event.protocols?.includes('mqtt')) {
    return 'not MQTT';
  }
  const { clientId, username, password } = mqtt;
  if (!clientId) {
    return 'no client id';
  }
  if (!username) {
    return 'no user name';
  }
  // IoT's own parameters may follow: `user?x-amz-customauthorizer-name=…`. D:iot/latest/developerguide/custom-auth
  if (username.split('?')[0] !== clientId) {
    return 'client id and user name differ';
  }
  if (!password) {
    return 'no password';
  }
  return { clientId, password: Buffer.from(password, 'base64').toString('utf8') };
}

function accepted(device: DeviceRecord, place: AwsPlace): IoTCustomAuthorizerResult {
  const { Version, Statement } = devicePolicy(place, device);

  return {
    isAuthenticated: true,
    principalId: device.clientId,
    disconnectAfterInSeconds: DISCONNECT_SECONDS,
    refreshAfterInSeconds: REFRESH_SECONDS,
    policyDocuments: [{ Version, Statement: [...Statement] }],
  };
}

function refused(event: IoTCustomAuthorizerEvent, reason: string, device?: DeviceRecord): IoTCustomAuthorizerResult {
  logger.warn('device refused', { reason, ...whoOf(event), ...(device === undefined ? {} : namesOf(device)) });

  return {
    isAuthenticated: false,
    principalId: principalFor(reason),
    disconnectAfterInSeconds: REFRESH_SECONDS,
    refreshAfterInSeconds: REFRESH_SECONDS,
    policyDocuments: [],
  };
}

/** `wrong password` → `refusedWrongPassword`: letters and digits, as a principal must be; it is for the log of the broker, the device never sees it. */
function principalFor(reason: string): string {
  const words = reason.split(/[^A-Za-z0-9]+/).map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);

  return `refused${words.join('')}`;
}

function whoOf(event: IoTCustomAuthorizerEvent) {
  return {
    clientId: event.protocolData?.mqtt?.clientId?.slice(0, LOGGED_CHARACTERS),
    connection: event.connectionMetadata?.id,
  };
}

function namesOf({ product, deviceId }: DeviceRecord) {
  return { product, device: deviceId };
}
