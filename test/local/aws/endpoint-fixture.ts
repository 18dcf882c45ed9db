import { createServer } from 'node:net';
import { createAwsEndpoint } from '../../../local/aws/aws-endpoint.ts';
import type { AwsService } from '../../../local/aws/service.ts';
import type { AwsEndpoint, Credentials, EngineHost, Engines } from '../../../local/engines.ts';
import { createIamEngine, type IamEngine } from '../../../local/iam/iam-engine.ts';
import { createLogs } from '../../../local/log.ts';
import { temporaryFolder } from '../template/assembly-folder.ts';

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));

  return port;
}

export interface EndpointFixture {
  readonly endpoint: AwsEndpoint;
  readonly iam: IamEngine;
  readonly host: EngineHost;
  /** Of a role `Caller`, which may do what its policy says. */
  readonly credentials: Credentials;
  allow(...actions: readonly string[]): void;
  stop(): Promise<void>;
}

/** The AWS endpoint over the given services, with IAM as it is. */
export async function startEndpoint(
  services: readonly AwsService[] | ((host: EngineHost) => Promise<Partial<Engines>> | Partial<Engines>),
): Promise<EndpointFixture> {
  const state = temporaryFolder();
  const aws = await freePort();
  const logs = createLogs(state);
  const iam = createIamEngine();
  const engines: Partial<Record<keyof Engines, unknown>> = { iam };
  const host = {
    state,
    ports: { mqtt: 0, mqtts: 0, apis: 0, management: 0, mysql: 0, aws },
    logs,
    engines: engines as unknown as Engines,
    progress: () => undefined,
  };
  const endpoint = createAwsEndpoint(host);
  Object.assign(engines, { aws: endpoint, metrics: { record: () => undefined, readLine: () => undefined } });
  Object.assign(engines, typeof services === 'function' ? await services(host) : { stream: { services } });
  const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };
  iam.putRole({ name: 'Caller', trust: { Statement: [trust] }, inline: [], managedPolicyArns: [] });
  await endpoint.start();

  return {
    endpoint,
    iam,
    host,
    credentials: iam.credentials('arn:aws:iam::000000000000:role/Caller', 'caller'),
    allow: (...actions) =>
      iam.putPolicy('Allowed', ['Caller'], { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }),
    async stop() {
      await endpoint.stop();
      logs.close();
    },
  };
}
