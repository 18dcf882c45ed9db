import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AwsEndpoint, Engine, EngineHost } from '../engines.ts';
import { AwsError, LocalError } from '../errors.ts';
import type { PlainAnswer } from '../http/fast-lane.ts';
import type { Log } from '../log.ts';
import { ANSWER_PATH, createAnswerDesk } from './answer-desk.ts';
import { findCaller, readSignature } from './caller.ts';
import { createDualServer, type DualResponse } from './dual-server.ts';
import { EventStream } from './event-stream.ts';
import { isLocalHost } from './host-check.ts';
import { readPlain, readRequest } from './read-request.ts';
import { renderError } from './render-error.ts';
import type { AwsRequest, AwsResponse, AwsService } from './service.ts';

/** Facts of one request for the log, filled in as they become known. */
type Facts = Record<string, unknown>;

/**
 * The AWS APIs of the platform on one port: finds the service by the credential scope, the caller by its session, asks
 * IAM for everything the request needs, then calls the service.
 */
export function createAwsEndpoint(host: EngineHost): AwsEndpoint {
  const url = `http://127.0.0.1:${host.ports.aws}`;
  const desk = createAnswerDesk();
  const services = new Map<string, AwsService>();
  const log = host.logs('aws');

  const answer = async (request: AwsRequest, facts: Facts): Promise<AwsResponse> => {
    if (!isLocalHost(request.headers['host'])) {
      throw new AwsError('ForbiddenHost', 'The Host header has to name 127.0.0.1 or localhost', 403);
    }
    if (request.path.startsWith(ANSWER_PATH)) {
      facts['service'] = 'cloudformation';
      desk.accept(request);

      return { status: 200, body: '' };
    }
    const signed = readSignature(request);
    facts['service'] = signed.signingName;
    facts['operation'] = request.operation ?? `${request.method} ${request.path}`;
    const service = services.get(signed.signingName);
    if (service === undefined) {
      const served = [...services.keys()].sort().join(', ');
      throw new AwsError(
        'UnknownService',
        `The local platform has no AWS service "${signed.signingName}"; it has: ${served}`,
        404,
      );
    }
    try {
      const caller = findCaller(host.engines.iam, signed, request);
      facts['caller'] = caller.sessionArn;
      for (const { action, resource, conditionKeys } of service.needs(request)) {
        host.engines.iam.authorize(caller, action, resource, conditionKeys);
      }
      return await service.handle(request, caller);
    } catch (error) {
      if (service.renderError === undefined) throw error;
      Object.assign(facts, errorFacts(error));

      return service.renderError(error, String(facts['requestId']));
    }
  };

  const server = createDualServer(
    (request, response) =>
      void respond(() => readRequest(request), answer, log).then((result) => send(response, result)),
    async (request, socket) => plainAnswer(await respond(() => readPlain(request), answer, log), socket),
  );

  return {
    url,
    expectAnswer: () => desk.expect(url),
    async start() {
      for (const service of servicesOf(host)) {
        services.set(service.signingName, service);
      }
      await server.listen(host.ports.aws).catch((cause: unknown) => {
        throw new LocalError(`port ${host.ports.aws} (AWS endpoint) is not free; choose others with --port-base`, {
          cause,
        });
      });
    },
    stop: () => server.close(),
  };
}

function servicesOf({ engines }: EngineHost): readonly AwsService[] {
  return Object.values(engines).flatMap((engine: Engine) => engine.services ?? []);
}

/** Answers one request and notes it. @param read answers the request itself */
async function respond(
  read: () => Promise<AwsRequest> | AwsRequest,
  answer: (request: AwsRequest, facts: Facts) => Promise<AwsResponse>,
  log: Log,
): Promise<AwsResponse> {
  const started = performance.now();
  const requestId = randomUUID();
  const facts: Facts = { requestId };
  let rest = true;
  let result: AwsResponse;
  try {
    const request = await read();
    rest = request.headers['x-amz-target'] === undefined;
    result = await answer(request, facts);
  } catch (error) {
    Object.assign(facts, errorFacts(error));
    result = renderError(error, rest);
  }
  const milliseconds = Math.round((performance.now() - started) * 10) / 10;
  const level = result.status < 400 ? 'info' : 'warn';
  log[level]('request', { ...facts, status: result.status, milliseconds });

  return {
    ...result,
    headers: { 'x-amzn-RequestId': requestId, 'content-type': 'application/json', ...result.headers },
  };
}

function errorFacts(error: unknown): Facts {
  if (error instanceof AwsError) return { error: error.code, reason: error.message };

  return { error: 'InternalFailure', reason: error instanceof Error ? error.stack : String(error) };
}

function send(response: DualResponse, { status, headers, body }: AwsResponse): void {
  if (response.destroyed || response.writableEnded) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  if (body instanceof EventStream) {
    void sendEvents(response, body);
    return;
  }
  response.setHeader('content-length', Buffer.byteLength(body));
  (response as { end(body: string | Buffer): void }).end(body);
}

/** The answer for the fast lane, unless it is a stream: that takes the connection, whose end is its own. */
function plainAnswer(response: AwsResponse, socket: Socket): PlainAnswer | undefined {
  const { status, body } = response;
  const headers = Object.entries(response.headers ?? {});
  if (!(body instanceof EventStream)) return { status, headers, body };
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`HTTP/1.1 ${status} OK\r\n${lines}connection: close\r\n\r\n`);
  void sendEvents(socket, body);

  return undefined;
}

/** Message after message, no faster than the caller reads them. */
async function sendEvents(response: DualResponse | Socket, { messages, stop }: EventStream): Promise<void> {
  response.on('close', stop);
  try {
    await pipeline(messages, response as Writable);
  } catch {
    // The caller went away, or cannot be told any more: an answer that is cut off says so by itself.
    response.destroy();
  }
}
