import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';

/** A request as an SDK client sent it. */
export interface AwsRequest {
  readonly method: string;
  readonly path: string;
  /** `DynamoDB_20120810.GetItem` → `GetItem`; empty for REST protocols. */
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape of what it sent
  readonly body: any;
}

export interface AwsReply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

/** Stands in for all of AWS: real SDK clients speak to it, each test says what it answers. */
export class AwsEndpoint {
  readonly requests: AwsRequest[] = [];
  reply: (request: AwsRequest) => AwsReply | Promise<AwsReply> = () => ({ body: {} });
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (message, response) => {
      const request = await read(message);
      this.requests.push(request);
      const { status = 200, headers = {}, body } = await this.reply(request);
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers })
        .end(JSON.stringify(body));
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An endpoint for the tests of one file. */
export function awsEndpoint(): AwsEndpoint {
  const endpoint = new AwsEndpoint();
  beforeAll(() => endpoint.start());
  afterAll(() => endpoint.stop());
  beforeEach(() => {
    endpoint.requests.length = 0;
  });

  return endpoint;
}

/** An error as AWS's JSON protocols answer it. */
export function awsError(code: string, message: string, status = 400): AwsReply {
  return { status, headers: { 'x-amzn-errortype': code }, body: { __type: code, message, Message: message } };
}

async function read(message: IncomingMessage): Promise<AwsRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');

  return {
    method: message.method ?? '',
    path: message.url ?? '',
    operation: String(message.headers['x-amz-target'] ?? '').split('.')[1] ?? '',
    body: text === '' ? undefined : JSON.parse(text),
  };
}
