import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAwsEndpoint } from '../../local/aws/aws-endpoint.ts';
import type { EngineHost, Engines } from '../../local/engines.ts';
import { AwsError } from '../../local/errors.ts';
import { createLogs } from '../../local/log.ts';

export interface Endpoint {
  readonly url: string;
  readonly host: EngineHost;
  /** Every permission that was asked for, in order. */
  readonly asked: readonly { readonly action: string; readonly resource: string }[];
  /** Actions that are refused. */
  readonly denied: Set<string>;
  /** What every SDK client is made with. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
    readonly maxAttempts: number;
  };
  stop(): Promise<void>;
}

type Makers = { readonly [Name in keyof Engines]?: (host: EngineHost) => Engines[Name] };

/** The runtime's AWS endpoint with a few engines behind it, for the real SDK clients; IAM allows all but `denied`. */
export async function endpoint(makers: Makers): Promise<Endpoint> {
  const state = mkdtempSync(join(tmpdir(), 'causeway-endpoint-'));
  const asked: { action: string; resource: string }[] = [];
  const denied = new Set<string>();
  const principal = {
    roleArn: 'arn:aws:iam::000000000000:role/test',
    sessionArn: 'arn:aws:sts::000000000000:assumed-role/test/test',
  };
  const iam = {
    holder: () => ({ principal }),
    authorize(_: unknown, action: string, resource: string) {
      asked.push({ action, resource });
      if (denied.has(action)) throw new AwsError('AccessDeniedException', `not authorized to perform: ${action}`);
    },
  };
  const engines: Record<string, unknown> = { iam };
  const [aws, mysql] = [await freePort(), await freePort()];
  const logs = createLogs(state);
  const host = { state, ports: { aws, mysql }, logs, engines, progress() {} } as unknown as EngineHost;
  for (const [name, make] of Object.entries(makers)) engines[name] = make(host);
  const running = Object.values(engines).slice(1) as { start(): Promise<void>; stop(): Promise<void> }[];
  for (const engine of running) await engine.start();
  const server = createAwsEndpoint(host);
  await server.start();

  return {
    url: server.url,
    host,
    asked,
    denied,
    client: {
      endpoint: server.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret', sessionToken: 'token' },
      maxAttempts: 1,
    },
    async stop() {
      await server.stop();
      for (const engine of running.reverse()) await engine.stop();
      logs.close();
      rmSync(state, { recursive: true });
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
