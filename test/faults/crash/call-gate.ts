import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';

/** A call of a consumer to the Data API on its way. */
export interface PassingCall {
  readonly operation: string;
  /** Of `Execute`; else empty. */
  readonly sql: string;
}

export interface GateHooks {
  /** Before the call is served; while it waits, so does the call. */
  before(call: PassingCall): Promise<void>;
  /** After it was served, before its answer leaves: `lost` cuts the connection instead. */
  after(call: PassingCall): Promise<'answered' | 'lost'>;
}

/** What one consumer takes for the Data API. */
export interface CallGate {
  readonly url: string;
  hooks: GateHooks;
  stop(): Promise<void>;
}

export const OPEN_GATE: GateHooks = { before: async () => undefined, after: async () => 'answered' };

/** @param target address of the Data API */
export async function startGate(target: string): Promise<CallGate> {
  const gate = { hooks: OPEN_GATE };
  const server: Server = createServer(async (request, response) => {
    try {
      const body = await bytesOf(request);
      const call = callOf(request.url ?? '', body);
      await gate.hooks.before(call);
      const { status, headers, answer } = await forwarded(target, request, body);
      if ((await gate.hooks.after(call)) === 'lost') {
        response.destroy();
        return;
      }
      response.writeHead(status, { ...headers, 'content-length': answer.length });
      response.end(answer);
    } catch {
      // Whoever called is dead, or the engine is being stopped.
      response.destroy();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;

  return Object.assign(gate, {
    url,
    stop: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  });
}

/** With the caller's own headers: they are signed. */
function forwarded(target: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly answer: Buffer;
  }>();
  const { hostname, port } = new URL(target);
  const sent = httpRequest({ hostname, port, method, path: url, headers }, async (reply) => {
    try {
      const answer = await bytesOf(reply);
      const kept = ['content-type', 'x-amzn-errortype', 'x-amzn-requestid'];
      const own = Object.fromEntries(
        kept.flatMap((name) => (reply.headers[name] ? [[name, String(reply.headers[name])]] : [])),
      );
      resolve({ status: reply.statusCode ?? 500, headers: own, answer });
    } catch (error) {
      reject(error);
    }
  });
  sent.once('error', reject);
  sent.end(body);

  return promise;
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }

  return Buffer.concat(chunks);
}

function callOf(url: string, body: Buffer): PassingCall {
  return { operation: url.slice(1), sql: String(JSON.parse(body.toString()).sql ?? '') };
}
