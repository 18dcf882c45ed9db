import { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { InvalidSetting } from '../../../core/errors.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { TokenRefused } from '../../../core/fdi/run-http-auth.ts';
import type { HttpSendPorts, OutgoingAnswer, OutgoingRequest } from '../../../core/fdi/run-http-send.ts';
import { type HttpTarget, httpOutlet, type OutgoingObject } from '../../../core/fdi/run-http-target.ts';
import type { Outlet } from '../../../core/fdi/run-outlet.ts';
import type { TaskLanguages } from '../../../core/fdi/task-languages.ts';
import { AddressRefused } from '../address-guard.ts';
import { environment } from '../environment.ts';
import { type GuardedTls, guardedExchange, HttpFailed } from '../guarded-exchange.ts';
import { CERTIFICATE } from './http-api.ts';
import { authorities, type HttpAuthorizer, httpAuthorizer } from './http-auth.ts';

export interface OutgoingPorts {
  readonly authorizer: HttpAuthorizer;
  readonly exchange: typeof guardedExchange;
  /** @default - the usual authorities */
  readonly tls?: () => Promise<GuardedTls>;
}

/** What an API answers to what it is told is short; more than this is none of an API. */
const MAX_BYTES = 5 * 1024 * 1024;
/** Enough for people, and for the excerpt of an answer whose bytes are no text. */
const TEXT_BYTES = 8192;

/** With its place, where that is known since the deployment only. */
export function placedTarget(target: HttpTarget): HttpTarget {
  if (target.place !== '') {
    return target;
  }
  const { host = '', pathname = '' } = URL.parse(environment('TARGET_URL')) ?? {};

  return { ...target, place: `${host}${pathname.replace(/\/+$/, '')}` };
}

/** Sends to the address that the function's environment names. */
export function apiOutlet(
  task: ScheduledTask,
  target: HttpTarget,
  { compile }: TaskLanguages = {},
): Outlet<OutgoingObject> {
  const ports = { ask: askTarget(target), pause: (ms: number) => delay(ms), random: Math.random, now: Date.now };

  return httpOutlet(task, placedTarget(target), ports, compile);
}

/** Each request with its login; one that is refused (401) once more with a login that is read or asked for anew. */
export function askTarget(target: HttpTarget, ports: OutgoingPorts = portsOf(target)): HttpSendPorts['ask'] {
  const { authorizer } = ports;

  return async (request) => {
    try {
      const answer = await exchanged(request, target, ports);
      const again = 'status' in answer && answer.status === 401 && authorizer.renew();

      return again ? await exchanged(request, target, ports) : answer;
    } catch (error) {
      return problemOf(error, authorizer);
    }
  };
}

function portsOf({ auth, ca }: HttpTarget): OutgoingPorts {
  const tls = authorities('TARGET', ca);

  return { authorizer: httpAuthorizer({ side: 'TARGET', auth, tls }), exchange: guardedExchange, tls };
}

async function exchanged(
  { method, path, headers, body }: OutgoingRequest,
  { timeoutSeconds }: HttpTarget,
  { authorizer, exchange, tls = async () => ({}) }: OutgoingPorts,
): Promise<OutgoingAnswer> {
  const sent = body === undefined ? {} : { body: Buffer.from(body, 'utf8') };
  const asked = await authorizer.authorize({ method, url: addressOf(path), headers, ...sent });
  const { response, body: bytes } = await exchange(
    { method, ...asked, ...sent },
    { timeMs: timeoutSeconds * 1000, maxBytes: MAX_BYTES, keep: true },
    await tls(),
  );
  const { location, 'retry-after': later } = response.headers;

  return {
    status: response.statusCode ?? 0,
    headers: {
      ...(location !== undefined && { location: authorizer.clean(location) }),
      ...(later !== undefined && { 'retry-after': later }),
    },
    text: authorizer.clean(bytes.subarray(0, TEXT_BYTES).toString('utf8')),
  };
}

function addressOf(path: string): URL {
  const text = environment('TARGET_URL');
  const url = URL.parse(`${text.replace(/\/+$/, '')}${path}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new InvalidSetting(
      'target.http.url',
      url?.protocol ?? 'no URL',
      'a URL of https or http, without user and password',
    );
  }

  return url;
}

function problemOf(error: unknown, authorizer: HttpAuthorizer): OutgoingAnswer {
  if (error instanceof InvalidSetting) {
    throw error;
  }
  const problem = authorizer.clean(error instanceof Error ? error.message : String(error));
  if (error instanceof TokenRefused) {
    return { problem, kind: error.passing ? 'passing' : 'lasting' };
  }
  if (error instanceof HttpFailed) {
    const code = String((error.cause as { code?: unknown } | undefined)?.code ?? '');

    return { problem, kind: error.kind === 'too-large' || CERTIFICATE.test(code) ? 'lasting' : 'passing' };
  }

  // An address inside of the platform, a header that cannot be sent: `AddressRefused` and its like do not pass.
  return {
    problem: error instanceof AddressRefused ? problem : `the request cannot be sent: ${problem}`,
    kind: 'lasting',
  };
}
