import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import type { EngineHost, Engines, GatewayEngine, Invocation } from '../../../local/engines.ts';
import { createGatewayEngine } from '../../../local/gateway/gateway-engine.ts';
import { createIamEngine, type IamEngine } from '../../../local/iam/iam-engine.ts';
import { apiGatewayAuthorizer } from '../../../local/resources/api-gateway-authorizer.ts';
import { apiGatewayGatewayResponse } from '../../../local/resources/api-gateway-gateway-response.ts';
import { apiGatewayMethod } from '../../../local/resources/api-gateway-method.ts';
import { apiGatewayResource } from '../../../local/resources/api-gateway-resource.ts';
import { apiGatewayRestApi } from '../../../local/resources/api-gateway-rest-api.ts';
import { apiGatewayStage } from '../../../local/resources/api-gateway-stage.ts';
import type { Applied, Resource } from '../../../local/template/resource.ts';

export interface Call {
  readonly target: string;
  // biome-ignore lint/suspicious/noExplicitAny: the event is what the tests look into
  readonly event: any;
  readonly caller: { readonly service: string; readonly sourceArn: string };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

export interface GatewayFixture {
  readonly engine: GatewayEngine;
  readonly iam: IamEngine;
  readonly port: number;
  readonly ids: { readonly api: string; readonly root: string };
  readonly calls: Call[];
  readonly lines: Record<string, unknown>[];
  /** Applies a resource as the template loader does. */
  apply(resource: Resource, logicalId: string, properties: object): Applied;
  /** A method on a path, and the resources above it. */
  method(httpMethod: string, path: string, properties?: object): void;
  remove(resource: Resource, logicalId: string, properties: object, ref: string): void;
  call(
    path: string,
    options?: RequestOptions & { readonly body?: string | Buffer; readonly port?: number },
  ): Promise<Answer>;
  stop(): Promise<void>;
}

type Function = (event: never) => unknown;

const lambdaArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

export function uriOf(name: string): string {
  return `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${lambdaArn(name)}/invocations`;
}

/** Answers what the function `name` gets as its body. */
const echo: Function = (event) => ({ statusCode: 200, body: JSON.stringify(event) });

/** The policy of an authorizer that allows, or does not, exactly what it was asked for. */
export function verdict(
  { methodArn }: { methodArn: string },
  Effect: 'Allow' | 'Deny' = 'Allow',
  context: object = {},
) {
  return {
    principalId: 'caller',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: methodArn }],
    },
    context,
  };
}

/** A gateway with the RestApi `Parking`, its stage RELEASE, and functions by name: `data`, `authorize`, … */
export async function startGateway(functions: Readonly<Record<string, Function>> = {}): Promise<GatewayFixture> {
  const port = await freePort();
  const calls: Call[] = [];
  const lines: Record<string, unknown>[] = [];
  const lambda = {
    async invoke(target: string, event: never, { caller }: { caller: Call['caller'] }): Promise<Invocation> {
      calls.push({ target, event, caller });
      const run = ({ data: echo, ...functions } as Record<string, Function>)[target.split(':').at(-1) as string];
      const payload = await run?.(event);
      if (payload instanceof RangeError) throw payload;
      return payload instanceof TypeError
        ? { payload: { errorType: 'Error', errorMessage: payload.message }, functionError: 'Unhandled' }
        : { payload };
    },
  };
  const engines = {} as { lambda: typeof lambda; gateway: GatewayEngine };
  const log = { info: (message: string, fields: object) => void lines.push({ message, ...fields }) };
  const host = { logs: () => log, engines, ports: { apis: port } } as unknown as EngineHost;
  const engine = createGatewayEngine(host);
  const iam = createIamEngine();
  Object.assign(engines, { lambda, gateway: engine, iam });
  await engine.start();
  await engine.open?.();

  const context = (logicalId: string, properties: object) =>
    ({
      stack: 'Test',
      logicalId,
      properties,
      engines: engines as unknown as Engines,
      name: () => `Test-${logicalId}`,
    }) as never;
  const apply: GatewayFixture['apply'] = (resource, logicalId, properties) =>
    resource.apply(context(logicalId, properties)) as Applied;
  const api = apply(apiGatewayRestApi, 'Api', { Name: 'Parking', BinaryMediaTypes: ['*/*'] });
  const root = api.attributes?.['RootResourceId'] as string;
  apply(apiGatewayStage, 'Stage', { RestApiId: api.ref, StageName: 'RELEASE' });

  const resourceOf = (path: string): string => {
    const levels = path.split('/').filter((level) => level !== '');
    return levels.reduce((ParentId, PathPart, i) => {
      const logicalId = levels.slice(0, i + 1).join('/');
      return apply(apiGatewayResource, logicalId, { RestApiId: api.ref, ParentId, PathPart }).ref;
    }, root);
  };

  return {
    engine,
    iam,
    port,
    ids: { api: api.ref, root },
    calls,
    lines,
    apply,
    method(httpMethod, path, properties = {}) {
      apply(apiGatewayMethod, `${httpMethod} ${path}`, {
        RestApiId: api.ref,
        ResourceId: resourceOf(path),
        HttpMethod: httpMethod,
        AuthorizationType: 'NONE',
        Integration: { Type: 'AWS_PROXY', IntegrationHttpMethod: 'POST', Uri: uriOf('data') },
        ...properties,
      });
    },
    remove(resource, logicalId, properties, ref) {
      resource.remove?.({ ...(context(logicalId, properties) as object), previous: { ref, properties } } as never);
    },
    call: (path, options = {}) => send(options.port ?? port, path, options),
    stop: () => engine.stop(),
  };
}

export function addAuthorizer(gateway: GatewayFixture, properties: object = {}): string {
  return gateway.apply(apiGatewayAuthorizer, 'Authorizer', {
    RestApiId: gateway.ids.api,
    Name: 'app',
    Type: 'REQUEST',
    AuthorizerUri: uriOf('authorize'),
    AuthorizerResultTtlInSeconds: 0,
    ...properties,
  }).ref;
}

export function addResponse(gateway: GatewayFixture, ResponseType: string, properties: object): void {
  gateway.apply(apiGatewayGatewayResponse, ResponseType, { RestApiId: gateway.ids.api, ResponseType, ...properties });
}

/** node:http in place of fetch: it sends the path and the headers as they are written here. */
function send(
  port: number,
  path: string,
  options: RequestOptions & { readonly body?: string | Buffer },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes.toString(), bytes });
      });
    });
    request.on('error', reject);
    request.end(options.body);
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
