import { randomBytes } from 'node:crypto';
import type { SignableRequest } from '../../core/apic/canonical-request.ts';
import { readSignature, sign, signatureMatches } from '../../core/apic/signature.ts';
import { median } from '../fdi/statistics.ts';

const ROUNDS = 7;
const REQUESTS = 4000;

/** Verifications in a second of processor time, which a busy machine hardly distorts, of requests that differ: reading the header, the canonical request, the HMAC. */
export function verificationsPerSecond(): number {
  const credential = { key: randomBytes(16).toString('hex'), secret: randomBytes(32).toString('hex') };
  const now = new Date();
  const requests = Array.from({ length: REQUESTS }, (_, n) => signed(n, credential, now));
  const verify = () => requests.filter((request) => isRight(request, credential.secret, now)).length;
  verify();
  const seconds = Array.from({ length: ROUNDS }, () => {
    const from = process.cpuUsage();
    const right = verify();
    const { user, system } = process.cpuUsage(from);

    return right === REQUESTS ? (user + system) / 1_000_000 : Number.NaN;
  });

  return Math.round(REQUESTS / median(seconds));
}

function isRight(request: SignableRequest, secret: string, now: Date): boolean {
  const reading = readSignature(request, now);

  return (
    reading.outcome === 'presented' &&
    signatureMatches(reading.presented.signature, reading.presented.stringsToSign(), secret)
  );
}

/** As the gateway hands it over: what browsers and programs send, and what the gateway adds. */
function signed(n: number, credential: { readonly key: string; readonly secret: string }, now: Date): SignableRequest {
  const host = 'apis.example.com';
  const query: [string, string][] = [
    ['deviceId', `S-${String(n).padStart(5, '0')}`],
    ['status', '0'],
    ['from', '2026-03-12 19:03:58'],
    ['limit', '100'],
  ];
  const url = new URL(`https://${host}/Parking/parking/history/${n}?${new URLSearchParams(query)}`);
  const headers = sign({ method: 'GET', url }, credential, now);

  return {
    method: 'GET',
    path: url.pathname,
    query,
    headers: [
      ['Host', host],
      ['Accept', 'application/json'],
      ['Accept-Encoding', 'gzip, deflate, br'],
      ['Content-Type', 'application/json'],
      ['User-Agent', 'python-requests/2.32.3'],
      ['X-Stage', 'RELEASE'],
      ...Object.entries(headers),
      ['X-Amzn-Trace-Id', 'Root=1-67891233-abcdef012345678912345678'],
      ['X-Forwarded-For', '203.0.113.7'],
      ['X-Forwarded-Port', '443'],
      ['X-Forwarded-Proto', 'https'],
    ],
  };
}
