import { Buffer } from 'node:buffer';
import { createHash, X509Certificate } from 'node:crypto';
import type { IotRegistry, LambdaEngine } from '../engines.ts';
import { LIMITS } from './limits.ts';
import { type Allows, iotPolicy } from './policy.ts';

export interface LoginRequest {
  readonly connectionId: string;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Buffer | undefined;
  /** Undefined on the plain port. `serverName` is the client's SNI. */
  readonly tls: ClientTls | undefined;
  /** The client has left meanwhile. */
  isGone(): boolean;
}

/** What the client showed before it spoke MQTT. */
export interface ClientTls {
  readonly serverName: string | undefined;
  /** DER; undefined when it showed none. */
  readonly certificate: Buffer | undefined;
  /** Why the certificate is not one of a device's that was signed here and is valid. */
  readonly untrusted: string | undefined;
}

export interface Login {
  /** What the authorizer calls the device: letters and digits. */
  readonly principalId: string;
  readonly allows: Allows;
  readonly disconnectAfterSeconds: number;
  readonly refreshAfterSeconds: number;
}

/** An expected outcome is a value: why nobody is logged in stands in the log, never in the CONNACK. */
export type LoginResult = { readonly login: Login } | { readonly refused: string };

export interface LoginPorts {
  readonly iot: Pick<IotRegistry, 'authorizerFor' | 'certificateStatus'>;
  readonly lambda: Pick<LambdaEngine, 'invoke'>;
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/config-custom-auth.html */
const PRINCIPAL_ID = new RegExp(`^[a-zA-Z0-9]{1,${LIMITS.principalIdCharacters}}$`);
const SECONDS = LIMITS.loginSeconds;

/** Asks the connection's authorizer, and checks its answer as strictly as AWS does. */
export async function logIn(
  request: LoginRequest,
  { iot, lambda }: LoginPorts,
  timeoutMs: number = LIMITS.authorizerMillis,
): Promise<LoginResult> {
  const certificate = request.tls?.certificate;
  const fault = certificate === undefined ? undefined : certificateFault(certificate, request.tls?.untrusted, iot);
  // AWS ends the TLS handshake; here the client gets as far as its CONNECT.
  if (fault !== undefined) return { refused: fault };
  const authorizer = iot.authorizerFor(request.tls?.serverName, certificate !== undefined);
  if (authorizer === undefined) return { refused: 'no active authorizer serves this connection' };

  const { promise: timeout, resolve: expire } = Promise.withResolvers<LoginResult>();
  const timer = setTimeout(
    () => expire({ refused: `the authorizer did not answer within ${timeoutMs} ms` }),
    timeoutMs,
  );
  try {
    const caller = { service: 'iot.amazonaws.com', sourceArn: authorizer.authorizerArn };
    const invocation = lambda.invoke(authorizer.functionArn, authorizerEvent(request), { caller });
    return await Promise.race([invocation.then(readInvocation), timeout]);
  } catch (error) {
    return { refused: `the authorizer could not be invoked: ${error instanceof Error ? error.message : error}` };
  } finally {
    clearTimeout(timer);
  }
}

/** A certificate must be registered and active before the authorizer hears of it. */
function certificateFault(
  certificate: Buffer,
  untrusted: string | undefined,
  iot: Pick<IotRegistry, 'certificateStatus'>,
): string | undefined {
  if (untrusted !== undefined) return `the certificate is not trusted: ${untrusted}`;
  const status = iot.certificateStatus(certificate);

  return status === 'ACTIVE' ? undefined : `the certificate is ${status?.toLowerCase() ?? 'not registered'}`;
}

/**
 * What a certificate adds to the event.
 * https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-509cert.html
 */
function tlsData({ serverName, certificate }: ClientTls) {
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(certificate === undefined
      ? {}
      : {
          x509CertificatePem: new X509Certificate(certificate).toString(),
          principalId: createHash('sha256').update(certificate).digest('hex'),
        }),
  };
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html; a plain connection has no TLS part. */
function authorizerEvent({ connectionId, clientId, username, password, tls }: LoginRequest) {
  return {
    signatureVerified: false,
    protocols: tls === undefined ? ['mqtt'] : ['tls', 'mqtt'],
    protocolData: {
      ...(tls === undefined || Object.keys(tlsData(tls)).length === 0 ? {} : { tls: tlsData(tls) }),
      mqtt: {
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: Buffer.from(password).toString('base64') }),
        clientId,
      },
    },
    connectionMetadata: { id: connectionId },
  };
}

function readInvocation({ payload, functionError }: { payload: unknown; functionError?: string }): LoginResult {
  if (functionError !== undefined) return { refused: `the authorizer failed: ${JSON.stringify(payload)}` };
  if (typeof payload !== 'object' || payload === null) return { refused: 'the authorizer answered no object' };
  const answer = payload as Readonly<Record<string, unknown>>;
  if (answer['isAuthenticated'] !== true) return { refused: notAuthenticated(answer) };
  const fault = answerFault(answer);
  if (fault !== undefined) return { refused: `the authorizer's answer is not valid: ${fault}` };

  try {
    return {
      login: {
        principalId: answer['principalId'] as string,
        allows: iotPolicy((answer['policyDocuments'] as readonly unknown[]).map(parsed)),
        disconnectAfterSeconds: (answer['disconnectAfterInSeconds'] as number | undefined) ?? SECONDS.maximum,
        refreshAfterSeconds: (answer['refreshAfterInSeconds'] as number | undefined) ?? SECONDS.maximum,
      },
    };
  } catch (error) {
    return { refused: `the authorizer's policies cannot be read: ${error instanceof Error ? error.message : error}` };
  }
}

/** Whom the authorizer took the client for is all it can say beside its no. */
function notAuthenticated({ principalId }: Readonly<Record<string, unknown>>): string {
  const known = typeof principalId === 'string' && PRINCIPAL_ID.test(principalId);

  return `the authorizer did not authenticate the client${known ? ` (${principalId})` : ''}`;
}

function answerFault(answer: Readonly<Record<string, unknown>>): string | undefined {
  const { principalId, policyDocuments } = answer;
  if (typeof principalId !== 'string' || !PRINCIPAL_ID.test(principalId)) {
    return `principalId must match ${PRINCIPAL_ID.source}`;
  }
  if (!Array.isArray(policyDocuments) || policyDocuments.length > LIMITS.policyDocuments) {
    return `policyDocuments is a list of at most ${LIMITS.policyDocuments}`;
  }
  if (policyDocuments.some((one) => textOf(one).length > LIMITS.policyDocumentCharacters)) {
    return `a policy document has at most ${LIMITS.policyDocumentCharacters} characters`;
  }
  for (const name of ['disconnectAfterInSeconds', 'refreshAfterInSeconds']) {
    const seconds = answer[name];
    if (seconds !== undefined && !(Number.isInteger(seconds) && within(seconds as number))) {
      return `${name} is a whole number from ${SECONDS.minimum} to ${SECONDS.maximum}`;
    }
  }

  return undefined;
}

function within(seconds: number): boolean {
  return seconds >= SECONDS.minimum && seconds <= SECONDS.maximum;
}

/** Documents come as objects or as JSON text. */
function textOf(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}

function parsed(document: unknown): unknown {
  return typeof document === 'string' ? JSON.parse(document) : document;
}
