import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import type { EngineHost, GatewayEngine } from '../engines.ts';
import type { Listener } from '../listen.ts';
import { ApiModel } from './api-model.ts';
import { Authorizers } from './authorizer.ts';
import { GatewayFault } from './gateway-fault.ts';
import { type FrontOptions, openFront, type Target } from './http-front.ts';
import { Throttle } from './throttle.ts';

const DEFAULT_STAGE = 'RELEASE';
/** Ref: apigateway/latest/developerguide/how-to-call-api */
const ADDRESS = /^https:\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com\/([^/?]+)(.*)$/s;

/**
 * API Gateway's REST APIs on one port, each under its name as an own domain would map it (`/Parking/…` → RestApi `Parking`), the
 * stage by the header X-Stage; and, when asked for, an API at the root of a port of its own.
 */
export function createGatewayEngine(host: EngineHost): GatewayEngine {
  const log = host.logs('gateway');
  const apis = new Map<string, ApiModel>();
  const listeners: Listener[] = [];
  const lambda: FrontOptions['lambda'] = { invoke: (...args) => host.engines.lambda.invoke(...args) };
  const iam: FrontOptions['iam'] = {
    holder: (...args) => host.engines.iam.holder(...args),
    authorize: (...args) => host.engines.iam.authorize(...args),
  };
  const shared = {
    lambda,
    iam,
    authorizers: new Authorizers(lambda, Date.now),
    throttle: new Throttle(() => performance.now()),
    log,
  };

  const modelOf = (restApiId: string): ApiModel => {
    const model = apis.get(restApiId) ?? new ApiModel(restApiId);
    apis.set(restApiId, model);

    return model;
  };

  const byName = (path: string, stageName = DEFAULT_STAGE): Target => {
    const [, base = '', rest = ''] = /^\/([^/]*)(.*)$/s.exec(path) ?? [];
    const api = [...apis.values()].find(({ definition }) => definition?.name === decode(base));
    const stage = api?.stages.get(stageName);
    if (api === undefined || stage === undefined) throw new GatewayFault('FORBIDDEN');

    return { api, stage, path: rest === '' ? '/' : rest };
  };

  const byId = (restApiId: string, path: string): Target => {
    const api = apis.get(restApiId);
    const stage = api?.stages.get(DEFAULT_STAGE) ?? api?.stages.values().next().value;
    if (api === undefined || stage === undefined) throw new GatewayFault('FORBIDDEN');

    return { api, stage, path };
  };

  return {
    async start() {},
    async open() {
      const options: FrontOptions = { ...shared, target: byName, signedIn: () => false };
      listeners.push(await openFront(host.ports.apis, 'APIs', options));
    },
    async stop() {
      await Promise.all(listeners.splice(0).map((listener) => listener.close()));
    },
    apply: (part) => modelOf(part.restApiId).apply(part),
    remove: (part) => modelOf(part.restApiId).remove(part),
    addressHere(address) {
      const [, id = '', stage, rest = ''] = ADDRESS.exec(address) ?? [];
      const name = apis.get(id)?.definition?.name;

      return name === undefined || stage !== DEFAULT_STAGE
        ? address
        : `http://127.0.0.1:${host.ports.apis}/${encodeURIComponent(name)}${rest}`;
    },
    async exposeApi(restApiId, port, bearerToken) {
      const options: FrontOptions = {
        ...shared,
        target: (path) => byId(restApiId, path),
        signedIn: (authorization) => isToken(authorization, bearerToken),
      };
      listeners.push(await openFront(port, `API ${restApiId}`, options));
    },
  };
}

function isToken(authorization: string | undefined, token: string): boolean {
  const [given, wanted] = [Buffer.from(authorization ?? ''), Buffer.from(`Bearer ${token}`)];

  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
