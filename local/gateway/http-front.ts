import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isLocalHost } from '../aws/host-check.ts';
import { type Listener, listen } from '../listen.ts';
import type { Log } from '../log.ts';
import type { ApiModel } from './api-model.ts';
import { GatewayFault } from './gateway-fault.ts';
import type { Stage } from './gateway-part.ts';
import { type GatewayRequest, headerOf, newIds, readHeaders, readQuery } from './gateway-request.ts';
import { gatewayResponse, type HttpAnswer } from './gateway-response.ts';
import { type GatewayPorts, handleRequest } from './handle-request.ts';
import { checkHeaderSize, readBody } from './read-body.ts';
import type { Route } from './route-tree.ts';

/** The API, the stage and the path within it that a URL means. */
export interface Target {
  readonly api: ApiModel;
  readonly stage: Stage;
  readonly path: string;
}

export interface FrontOptions extends GatewayPorts {
  /** Throws `GatewayFault` FORBIDDEN, as a domain does for what it maps nowhere. @param path percent-encoded */
  target(path: string, stage: string | undefined): Target;
  /** Whether an Authorization header satisfies AWS_IAM here. */
  signedIn(authorization: string | undefined): boolean;
  readonly log: Log;
}

/** What is known of a call when its answer is written, however far it came. */
interface Progress {
  request?: GatewayRequest;
  route?: Route | undefined;
}

/** RFC 9110 §8.6 */
const BODILESS = new Set([204, 304]);
/** Node answers 431 by itself beyond this; up to it the gateway does. */
const NODE_HEADER_BYTES = 64 * 1024;

/** An HTTP server of the gateway on a port of 127.0.0.1. */
export function openFront(port: number, name: string, options: FrontOptions): Promise<Listener> {
  const server = createServer({ maxHeaderSize: NODE_HEADER_BYTES, keepAliveTimeout: 60_000 }, (incoming, response) => {
    void serve(incoming, response, options);
  });

  return listen(server, port, name);
}

async function serve(incoming: IncomingMessage, response: ServerResponse, options: FrontOptions): Promise<void> {
  const receivedAt = Date.now();
  const started = performance.now();
  const ids = newIds(receivedAt);
  const sourceIp = incoming.socket.remoteAddress ?? '127.0.0.1';
  const progress: Progress = {};
  const [path = '/', query = ''] = splitUrl(incoming.url ?? '/');
  let answer: HttpAnswer;
  let fault: GatewayFault | undefined;
  try {
    answer = await respond(incoming, { ...ids, receivedAt, sourceIp, fullPath: path }, query, progress, options);
  } catch (error) {
    if (incoming.errored !== null || response.destroyed) return;
    fault = error instanceof GatewayFault ? error : new GatewayFault('API_CONFIGURATION_ERROR', { cause: error });
    answer = gatewayResponse(fault, progress.request?.api, {
      ...ids,
      sourceIp,
      path,
      httpMethod: incoming.method ?? '',
      header: (name) => incoming.headersDistinct[name.toLowerCase()]?.[0],
      ...contextOf(progress),
    });
  }
  send(incoming, response, answer);
  options.log.info('request', {
    requestId: ids.requestId,
    api: progress.request?.api.definition?.name,
    stage: progress.request?.stage.name,
    method: incoming.method,
    path,
    resource: progress.route?.resourcePath,
    status: answer.status,
    milliseconds: Math.round((performance.now() - started) * 10) / 10,
    // What a function's own error bodies and logs name the call by.
    responseId: answer.headers.find(([header]) => header.toLowerCase() === 'x-request-id')?.[1],
    ...(fault === undefined ? {} : { responseType: fault.type, reason: reasonOf(fault) }),
  });
}

async function respond(
  incoming: IncomingMessage,
  facts: Pick<
    GatewayRequest,
    'requestId' | 'extendedRequestId' | 'traceHeader' | 'receivedAt' | 'sourceIp' | 'fullPath'
  >,
  query: string,
  progress: Progress,
  options: FrontOptions,
): Promise<HttpAnswer> {
  const host = incoming.headers.host;
  if (host === undefined || !isLocalHost(host)) throw new GatewayFault('FORBIDDEN');
  checkHeaderSize(incoming);
  const headers = readHeaders(incoming, facts);
  const { api, stage, path } = options.target(facts.fullPath, headerOf({ headers }, 'x-stage'));
  const httpMethod = incoming.method ?? 'GET';
  const route = api.routes.match(httpMethod, path);
  const signedIn = options.signedIn(incoming.headers.authorization);
  const request: GatewayRequest = {
    ...facts,
    api,
    stage,
    httpMethod,
    path,
    host,
    // The token of a front is for the front; functions log what they get.
    headers: signedIn ? headers.filter(([name]) => name.toLowerCase() !== 'authorization') : headers,
    query: readQuery(query),
    queryText: query,
    body: Buffer.alloc(0),
  };
  progress.request = request;
  progress.route = route;

  return handleRequest({ ...request, body: await readBody(incoming) }, route, signedIn, options);
}

function send(incoming: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  for (const [name, value] of headers) response.appendHeader(name, value);
  const bytes = Buffer.from(body);
  if (!BODILESS.has(status)) response.setHeader('Content-Length', bytes.length);
  response.writeHead(status);
  response.end(bytes);
  // Of a body that was refused unread the rest is let go by: a connection reset under a caller who still writes would take the answer along.
  if (!incoming.complete) incoming.resume();
}

/** Also of the absolute form a proxy's client sends. */
function splitUrl(url: string): readonly string[] {
  const local = url.startsWith('/') ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, '') || '/';
  const at = local.indexOf('?');

  return at === -1 ? [local] : [local.slice(0, at), local.slice(at + 1)];
}

function contextOf({ request, route }: Progress) {
  return {
    ...(request === undefined ? {} : { stage: request.stage.name, apiId: request.api.id }),
    ...(route === undefined ? {} : { resourcePath: route.resourcePath }),
  };
}

function reasonOf({ message, cause }: GatewayFault): string {
  if (cause === undefined) return message;
  if (cause instanceof Error) return cause.message;

  return typeof cause === 'string' ? cause : JSON.stringify(cause);
}
