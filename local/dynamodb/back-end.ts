import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dynalite from 'dynalite';
import { REGION } from '../account.ts';
import { LocalError } from '../errors.ts';

export interface DynaliteAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What dynalite wants to see of a signature; who may call was decided before. */
const OWN_SIGNATURE = `AWS4-HMAC-SHA256 Credential=local/20200101/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`;

/**
 * dynalite behind a Unix socket that only this user can reach: a port of its own would be a way around IAM. The socket lies in a folder
 * of its own under the system's temporary one, because a path of more than 107 bytes is no socket (unix(7)).
 */
export class DynaliteBackEnd {
  readonly #folder: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #server: Server | undefined;
  #socketFolder = '';

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#socketFolder = mkdtempSync(join(tmpdir(), 'causeway-tables-'));
    // Delays exist to show clients the states of a table; whoever waits for a local platform does not want to see them.
    const server = dynalite({ path: this.#folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen(this.#socket, done);
    });
    this.#server = server;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((done) => {
      server.close(() => done());
    });
    rmSync(this.#socketFolder, { recursive: true, force: true });
  }

  /** A call of the runtime itself. Throws `LocalError` with DynamoDB's own words. */
  async call(operation: string, input: object): Promise<Record<string, unknown>> {
    const headers = {
      authorization: OWN_SIGNATURE,
      'x-amz-date': '20200101T000000Z',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    };
    const { status, body } = await this.send(headers, Buffer.from(JSON.stringify(input)));
    const answer = JSON.parse(body.toString()) as Record<string, unknown>;
    if (status !== 200) {
      throw new DynamodbRefusal(operation, String(answer['__type']).split('#').at(-1) ?? '', String(answer['message']));
    }

    return answer;
  }

  /** Passes a request on as it came. */
  send(headers: Readonly<Record<string, string>>, body: Buffer): Promise<DynaliteAnswer> {
    return new Promise((done, failed) => {
      const outgoing = request(
        {
          socketPath: this.#socket,
          method: 'POST',
          path: '/',
          agent: this.#agent,
          headers: { ...headers, 'content-length': body.length },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', failed);
          response.once('end', () =>
            done({
              status: response.statusCode ?? 500,
              headers: { 'content-type': response.headers['content-type'] ?? 'application/x-amz-json-1.0' },
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.once('error', failed);
      outgoing.end(body);
    });
  }

  get #socket(): string {
    return join(this.#socketFolder, 'dynamodb.sock');
  }
}

export class DynamodbRefusal extends LocalError {
  readonly code: string;

  constructor(operation: string, code: string, message: string) {
    super(`${operation}: ${code}: ${message}`);
    this.code = code;
  }
}
