import { Buffer } from 'node:buffer';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { isLocalHost } from '../aws/host-check.ts';
import { KEEP_ALIVE_SECONDS, serveFastLane } from '../http/fast-lane.ts';
import type { PlainRequest } from '../http/plain-request.ts';
import { type Listener, listen } from '../listen.ts';
import type { Log } from '../log.ts';
import type { ApiModel } from './api-model.ts';
import { GatewayFault } from './gateway-fault.ts';
import type { Stage } from './gateway-part.ts';
import {
  type GatewayRequest,
  headerOf,
  newIds,
  type ReceivedRequest,
  readHeaders,
  readQuery,
} from './gateway-request.ts';
import { gatewayResponse, type HttpAnswer } from './gateway-response.ts';
import { type GatewayPorts, handleRequest } from './handle-request.ts';
import { checkBodySize, checkHeaderSize, readBody } from './read-body.ts';
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
  const settings = { maxHeaderSize: NODE_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000 };
  const node = createHttpServer(settings, (incoming, response) => {
    void serve(fromNode(incoming, response), options).then((answer) => {
      if (answer !== undefined) send(incoming, response, answer);
    });
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    serveFastLane(
      socket,
      (request) => serve(plain(request, socket), options),
      (rest) => {
        node.emit('connection', rest);
        rest.resume();
      },
    );
  });

  return listen(server, port, name);
}

function fromNode(incoming: IncomingMessage, response: ServerResponse): ReceivedRequest {
  const { method = 'GET', url = '/', rawHeaders, socket } = incoming;

  return {
    ...{ method, url, rawHeaders },
    sourceIp: socket.remoteAddress ?? '127.0.0.1',
    localPort: socket.localPort ?? 0,
    readBody: () => readBody(incoming),
    isGone: () => incoming.errored !== null || response.destroyed,
  };
}

function plain({ method, url, rawHeaders, body }: PlainRequest, socket: Socket): ReceivedRequest {
  return {
    ...{ method, url, rawHeaders },
    sourceIp: socket.remoteAddress ?? '127.0.0.1',
    localPort: socket.localPort ?? 0,
    async readBody() {
      checkBodySize(body.length);

      return body;
    },
    isGone: () => socket.destroyed,
  };
}

/** The answer to a call; undefined when nobody waits for it any more. */
async function serve(received: ReceivedRequest, options: FrontOptions): Promise<HttpAnswer | undefined> {
  const receivedAt = Date.now();
  const started = performance.now();
  const ids = newIds(receivedAt);
  const { method, sourceIp } = received;
  const progress: Progress = {};
  const [path = '/', query = ''] = splitUrl(received.url);
  let answer: HttpAnswer;
  let fault: GatewayFault | undefined;
  try {
    answer = await respond(received, { ...ids, receivedAt, sourceIp, fullPath: path }, query, progress, options);
  } catch (error) {
    if (received.isGone()) return undefined;
    fault = error instanceof GatewayFault ? error : new GatewayFault('API_CONFIGURATION_ERROR', { cause: error });
    answer = gatewayResponse(fault, progress.request?.api, {
      ...ids,
      sourceIp,
      path,
      httpMethod: method,
      header: (name) => firstHeader(received, name),
      ...contextOf(progress),
    });
  }
  options.log.info('request', {
    requestId: ids.requestId,
    api: progress.request?.api.definition?.name,
    stage: progress.request?.stage.name,
    method,
    path,
    resource: progress.route?.resourcePath,
    status: answer.status,
    milliseconds: Math.round((performance.now() - started) * 10) / 10,
    // What a function's own error bodies and logs name the call by.
    responseId: answer.headers.find(([header]) => header.toLowerCase() === 'x-request-id')?.[1],
    ...(fault === undefined ? {} : { responseType: fault.type, reason: reasonOf(fault) }),
  });

  return answer;
}

async function respond(
  received: ReceivedRequest,
  facts: Pick<
    GatewayRequest,
    'requestId' | 'extendedRequestId' | 'traceHeader' | 'receivedAt' | 'sourceIp' | 'fullPath'
  >,
  query: string,
  progress: Progress,
  options: FrontOptions,
): Promise<HttpAnswer> {
  const host = firstHeader(received, 'host');
  if (host === undefined || !isLocalHost(host)) throw new GatewayFault('FORBIDDEN');
  checkHeaderSize(received);
  const headers = readHeaders(received, facts);
  const { api, stage, path } = options.target(facts.fullPath, headerOf({ headers }, 'x-stage'));
  const httpMethod = received.method;
  const route = api.routes.match(httpMethod, path);
  const signedIn = options.signedIn(firstHeader(received, 'authorization'));
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

  return handleRequest({ ...request, body: await received.readBody() }, route, signedIn, options);
}

/** Node takes the first Host and the first Authorization as well. */
function firstHeader({ rawHeaders }: ReceivedRequest, name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name.toLowerCase()) return rawHeaders[at + 1];
  }

  return undefined;
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
