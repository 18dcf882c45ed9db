import { X509Certificate } from 'node:crypto';
import type { Context, IoTCustomAuthorizerEvent, IoTCustomAuthorizerResult } from 'aws-lambda';
import type { DeviceRecord } from '../../core/link/device.ts';
import { mayLogInWith } from '../../core/link/device-certificates.ts';
import { type AwsPlace, devicePolicies, placeOfArn } from '../../core/link/device-policy.ts';
import { verifyPassword } from '../../core/link/password.ts';
import { logger } from '../shared/logger.ts';
import { basicIngestOf } from '../shared/product-switches.ts';
import { counted } from '../shared/refusals.ts';
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
  /** Whether the devices of this product may publish by Basic Ingest. */
  readonly basicIngest: (product: string) => Promise<boolean>;
}

type AuthorizeDevice = (
  event: IoTCustomAuthorizerEvent,
  context: Pick<Context, 'invokedFunctionArn'>,
) => Promise<IoTCustomAuthorizerResult>;

/** With a password, or with the id of a certificate that AWS IoT has checked: registered, active and the client's own. */
type Login = { readonly clientId: string } & ({ readonly password: string } | { readonly certificate: string });

/** What a certificate adds to the event; the package's types do not have it. D:iot/latest/developerguide/custom-auth-509cert */
interface CertificateData {
  readonly x509CertificatePem?: string;
  readonly principalId?: string;
}

/**
 * Log-in of devices over MQTT. With a password: client id and user name are the device's, the password is checked against its hash. With a
 * certificate: the client id is the device's, and the certificate is one of its own.
 */
export const handler = counted(
  authorizeDevice({
    findDevice: (clientId) => deviceTable().get({ clientId }),
    basicIngest: basicIngestOf(),
  }),
);

/** Answers every event; throws only when a table does not answer, so that this shows as an error and not as wrong passwords. */
export function authorizeDevice({ findDevice, basicIngest }: AuthorizeDevicePorts): AuthorizeDevice {
  return async (event, { invokedFunctionArn }) => {
    const login = loginOf(event);
    if (typeof login === 'string') {
      return refused(event, login);
    }
    const device = CLIENT_ID.test(login.clientId) ? await findDevice(login.clientId) : undefined;
    // Before anything else is looked at, so that unknown, disabled and wrong all take the same time.
    const wrong = 'password' in login ? await passwordProblem(login.password, device) : undefined;
    if (device === undefined) {
      return refused(event, 'unknown device');
    }
    const problem = 'certificate' in login ? certificateProblem(login.certificate, device) : wrong;
    if (problem !== undefined) {
      return refused(event, problem, device);
    }
    if (!device.enabled) {
      return refused(event, 'device disabled', device);
    }
    if (device.nodeType === 'sub-device') {
      return refused(event, 'device behind a gateway', device);
    }
    const ingest = await basicIngest(device.product);
    logger.info('device logged in', { ...whoOf(event), ...namesOf(device) });

    return accepted(device, placeOfArn(invokedFunctionArn), ingest);
  };
}

async function passwordProblem(password: string, device: DeviceRecord | undefined): Promise<string | undefined> {
  return (await verifyPassword(password, device?.passwordHash)) ? undefined : 'wrong password';
}

function certificateProblem(certificate: string, device: DeviceRecord): string | undefined {
  const verdict = mayLogInWith(device, certificate);
  if (verdict === 'yes') {
    return undefined;
  }

  return verdict === 'revoked' ? 'certificate revoked' : 'certificate of another device';
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
  const certificate = certificateOf(event);
  if (certificate !== undefined) {
    return { clientId, certificate };
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

/** The id as AWS IoT gives it: the SHA-256 of the certificate, in hex. */
function certificateOf({ protocolData: { tls } }: IoTCustomAuthorizerEvent): string | undefined {
  const { x509CertificatePem, principalId } = (tls ?? {}) as CertificateData;
  if (x509CertificatePem === undefined) {
    return principalId;
  }
  try {
    return new X509Certificate(x509CertificatePem).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return principalId; // No page shows how the text is written.
  }
}

function accepted(device: DeviceRecord, place: AwsPlace, basicIngest: boolean): IoTCustomAuthorizerResult {
  return {
    isAuthenticated: true,
    principalId: device.clientId,
    disconnectAfterInSeconds: DISCONNECT_SECONDS,
    refreshAfterInSeconds: REFRESH_SECONDS,
    policyDocuments: devicePolicies(place, device, { basicIngest }) as IoTCustomAuthorizerResult['policyDocuments'],
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
