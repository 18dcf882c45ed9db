import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { ApiDefinition, AppScheme } from '../../../core/apic/api-definition.ts';
import { authorizeCall } from '../../../core/apic/authorize-call.ts';
import { headerValue, type Pairs, sha256Hex } from '../../../core/apic/canonical-request.ts';
import { readSignature, signatureMatches } from '../../../core/apic/signature.ts';

/** What programs find in their environment. */
export const ENVIRONMENT = {
  APP_KEY: 'Key0123456789abcdef0',
  APP_SECRET: 's\'e$c`r"et\\0123456789',
  APP_CODE: 'Code+_@#$%/=0123456789abcdefghij',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_REGION: 'eu-central-1',
};

export interface Judge {
  readonly url: string;
  stop(): Promise<void>;
}

/** Answers what it was sent to whom an API of these schemes lets in, 401 to everybody else. */
export async function judge(): Promise<Judge> {
  const server = createServer(async (incoming, outgoing) => {
    const body = Buffer.concat(await incoming.toArray());
    const url = new URL(incoming.url ?? '', `http://${incoming.headers.host}`);
    const [, scheme = ''] = url.pathname.split('/');
    const allowed = await mayPass(scheme, url, incoming, body);
    outgoing.writeHead(allowed ? 200 : 401);
    outgoing.end(
      JSON.stringify({
        method: incoming.method,
        path: decodeURIComponent(url.pathname),
        query: [...url.searchParams],
        body: body.toString(),
        note: incoming.headers['x-note'],
        allowed,
      }),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((done) => server.close(() => done())),
  };
}

async function mayPass(scheme: string, url: URL, incoming: IncomingMessage, body: Buffer): Promise<boolean> {
  const { method = '', rawHeaders } = incoming;
  const headers: Pairs = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1] as string] as const] : [],
  );
  if (scheme === 'iam') {
    return isSignedByPrincipal(method, url, headers, body);
  }
  if (scheme === 'none' || scheme === 'custom') {
    return true;
  }
  const request = { method, path: url.pathname, query: [...url.searchParams], headers };
  const api = { name: 'any', app: 'Owner', auth: 'app', appCode: false, schemes: [scheme as AppScheme] } as const;
  const { APP_KEY: key, APP_SECRET: secret, APP_CODE: code } = ENVIRONMENT;
  const decision = await authorizeCall(
    request,
    api as unknown as ApiDefinition,
    {
      app: async (given) => (given === key ? { app: 'Owner', secretArn: 'arn', enabled: true } : undefined),
      keyOfCode: async (given) => (given === sha256Hex(code) ? key : undefined),
      isGranted: async () => false,
      knowsSecret: async (_app, proof) => proof(secret),
      firstUse: async () => true,
    },
    new Date(),
  );
  if (decision.outcome === 'deny' || decision.body.kind !== 'signed') {
    return decision.outcome === 'allow';
  }
  const reading = readSignature(request, new Date());

  return (
    reading.outcome === 'presented' &&
    signatureMatches(reading.presented.signature, reading.presented.stringsToSign(sha256Hex(body)), secret)
  );
}

/** By the SDK of AWS: it signs the same request the same way. */
async function isSignedByPrincipal(method: string, url: URL, headers: Pairs, body: Buffer): Promise<boolean> {
  const authorization = headerValue(headers, 'authorization') ?? '';
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  const date = headerValue(headers, 'x-amz-date') ?? '';
  const signer = new SignatureV4({
    service: 'execute-api',
    region: ENVIRONMENT.AWS_REGION,
    credentials: {
      accessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID,
      secretAccessKey: ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      ...{ method, protocol: 'http:', hostname: url.hostname, path: url.pathname, body },
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(names.map((name) => [name, headerValue(headers, name) ?? ''])),
    },
    { signingDate: new Date(date.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5')) },
  );

  return signed.headers['authorization'] === authorization;
}
