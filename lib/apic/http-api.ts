import { Duration, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ApiMethod, ApiParameter } from '../../core/apic/api-definition.ts';
import { mayHaveBody } from '../../core/apic/authorize-call.ts';
import type { HttpBackend as Definition } from '../../core/apic/http-backend.ts';
import { parameterReader } from '../../core/apic/parameters.ts';
import { checkWhole, invalid } from '../platform/setting.ts';
import { type BackendParameterProps, backendParameters } from './backend-parameter-props.ts';
import type { HttpBackend } from './http-backend.ts';
import { checkOne } from './parameter-props.ts';
import { PublishedApi, type PublishedApiProps } from './published-api.ts';

export type { BackendParameterProps } from './backend-parameter-props.ts';

export interface HttpApiProps extends PublishedApiProps {
  /** What answers. */
  readonly backend: HttpBackend;
  /**
   * With parameters in braces: `/items/{id}`.
   * @default - the path of the API
   */
  readonly backendPath?: string;
  /**
   * `ANY`: that of the call.
   * @default - the method of the API
   */
  readonly backendMethod?: ApiMethod;
  /**
   * What the backend gets in another place, under another name, or without a caller's doing; by the backend's names.
   * @default - each parameter of the API under its name, where the caller sends it
   */
  readonly backendParameters?: Readonly<Record<string, BackendParameterProps>>;
  /**
   * Whether query and headers go along that are no parameters of the API. What callers show to sign in does not, either way.
   * @default false, of others only Accept, Accept-Language and Content-Type
   */
  readonly passthrough?: boolean;
  /**
   * How long one attempt may take, 50 milliseconds to 28 seconds, which is all that a call has; then it is answered 504.
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /**
   * How often it is tried again, 0 to 10: where nobody answered, or 502, 503 or 504. A POST only where it cannot have arrived.
   * @default 0
   */
  readonly retries?: number;
}

/** What a gateway's call leaves to backends. */
const ALL_MS = 28_000;

/** A server of HTTP or HTTPS, published as an API. */
export class HttpApi extends PublishedApi {
  /** @throws InvalidSetting naming what cannot work */
  constructor(scope: Construct, id: string, props: HttpApiProps) {
    super(scope, id, props, (api, parameters) => {
      const { group, backend, signatureKey } = props;
      const { http } = group;
      // A default that is no value of its type is found here and not by the first call.
      parameterReader(parameters, new Set(), `${api.node.path}: parameters`);
      const definition = definitionOf(api, props, parameters, (url) => http.address(url));
      if (signatureKey !== undefined) {
        http.letSign(api, signatureKey);
      }
      const required = backend.signatureKey;

      return {
        handler: http.handler,
        backend: { ...definition, ...(signatureKey !== undefined && { signatureKey: signatureKey.keyName }) },
        ...(required !== undefined && { required: { key: required, by: backend.node.path } }),
      };
    });
  }
}

function definitionOf(
  api: Construct,
  props: HttpApiProps,
  parameters: readonly ApiParameter[],
  variableOf: (url: string) => string,
): Definition {
  const { backend, method: own = 'GET', backendMethod: method = own, backendPath: path = props.path } = props;
  const { timeout = Duration.seconds(5), retries = 0, passthrough = false } = props;
  checkOne(api, 'backendMethod', method, ['GET', 'POST', 'PUT', 'DELETE', 'ANY']);
  checkPath(api, path);
  checkWhole(api, 'timeout', timeout.toMilliseconds(), { min: 50, max: ALL_MS, unit: 'milliseconds' });
  checkWhole(api, 'retries', retries, { min: 0, max: 10 });
  const together = timeout.toMilliseconds() * (retries + 1);
  if (together > ALL_MS) {
    throw invalid(
      api,
      'retries',
      retries,
      `attempts of ${timeout.toMilliseconds()} ms that make at most ${ALL_MS} ms together`,
    );
  }
  const sent = backendParameters(api, parameters, props.backendParameters ?? {}, {
    path,
    signed: props.signatureKey !== undefined,
    hasBody: mayHaveBody(method),
  });

  return {
    kind: 'http',
    address: Token.isUnresolved(backend.url) ? { environment: variableOf(backend.url) } : { value: backend.url },
    ...{ method, path, timeoutMs: timeout.toMilliseconds(), retries, parameters: sent },
    ...(passthrough && { passthrough }),
    ...(backend.ca !== undefined && { ca: backend.ca }),
  };
}

function checkPath(api: Construct, path: string): void {
  const odd = path.split('/').find((segment) => segment === '.' || segment === '..');
  if (!/^\/[\w\-.~:@!$&()*+,;={}/]*$/.test(path) || odd !== undefined || /[{}]/.test(path.replaceAll(/\{\w+\}/g, ''))) {
    throw invalid(
      api,
      'backendPath',
      path,
      'a slash, then letters, digits, `-._~:@!$&()*+,;=/` and parameters in braces, without `.` and `..`',
    );
  }
}
