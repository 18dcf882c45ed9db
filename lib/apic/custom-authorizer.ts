import { Duration } from 'aws-cdk-lib';
import { type CfnAuthorizer, IdentitySource as GatewaySource, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { CustomAuthorizer as Definition, IdentitySource } from '../../core/apic/custom-authorizer.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { checkLength, checkName, checkWhole, invalid } from '../platform/setting.ts';
import type { ApiGroup } from './api-group.ts';
import { checkOne } from './parameter-props.ts';
import { type ScriptProps, scriptFunction } from './script-function.ts';

export interface CustomAuthorizerProps extends ScriptProps {
  /** The group whose APIs it guards. */
  readonly group: ApiGroup;
  /** The path of a script: `execute(data)` answers `{ status: 'allow' | 'deny', context }`. */
  readonly script: string;
  /**
   * `frontend`: it decides who may call (`auth`). `backend`: it says what a backend is called with (`backendAuth`), once the caller may call, and
   * sees nothing of the call but, if wanted, the body.
   * @default 'frontend'
   */
  readonly side?: 'frontend' | 'backend';
  /**
   * What identifies a caller. Where there are any, each must be in the call, once, and the script sees nothing else of headers and query.
   * @default - none: the script sees all headers and the whole query
   */
  readonly identities?: readonly IdentitySource[];
  /**
   * How long a decision is repeated for the same identity, path and method, up to an hour; needs identities. That of a backend is repeated for
   * all calls, by each instance of a function.
   * @default Duration.seconds(0), every call is decided anew
   */
  readonly cache?: Duration;
  /**
   * Whether the script gets the body as well.
   * @default false
   */
  readonly sendBody?: boolean;
  /**
   * Passed to the script at every call, up to 2,048 characters.
   * @default - none
   */
  readonly userData?: string;
}

/** An authorization function of the integration's own: who it lets pass may call, everybody else gets 401 `APIC.0305`; or what a backend is called with. */
export class CustomAuthorizer extends Construct {
  readonly group: ApiGroup;
  readonly definition: Definition;
  readonly handler: HandlerFunction;
  #gateway: RequestAuthorizer | undefined;

  /** @throws InvalidSetting naming what cannot work */
  constructor(scope: Construct, id: string, props: CustomAuthorizerProps) {
    super(scope, id);
    const {
      group,
      script,
      side = 'frontend',
      identities = [],
      cache = Duration.seconds(0),
      sendBody = false,
      userData,
      ...scripts
    } = props;
    this.group = group;
    const name = checkName(this, 'id', id, /^[\w-]{3,64}$/, '3 to 64 letters, digits, `_` or `-`');
    const cacheSeconds = checkWhole(this, 'cache', cache.toSeconds(), { min: 0, max: 3600, unit: 'seconds' });
    checkOne(this, 'side', side, ['frontend', 'backend']);
    if (side === 'backend' && identities.length > 0) {
      throw invalid(
        this,
        'identities',
        identities.map((one) => one.name).join(),
        'none with side backend: it sees no caller',
      );
    }
    if (cacheSeconds > 0 && identities.length === 0 && side === 'frontend') {
      throw invalid(
        this,
        'cache',
        `${cacheSeconds} seconds`,
        '0 without identities: they are what a decision is kept by',
      );
    }
    if (cacheSeconds > 0 && sendBody) {
      throw invalid(this, 'cache', `${cacheSeconds} seconds`, '0 with sendBody: a decision is not kept by the body');
    }
    for (const source of identities) {
      checkIdentity(this, source);
    }
    const { handler, backendOf } = scriptFunction(this, group, [script], {
      ...scripts,
      entry: 'apic/authorize-custom',
    });
    const { script: file, limits } = backendOf(script);
    this.handler = handler;
    this.definition = {
      ...{ name, script: file, limits, identities, sendBody, cacheSeconds },
      ...(side === 'backend' && { side }),
      ...(userData !== undefined && { userData: checkLength(this, 'userData', userData, 2048) }),
    };
  }

  /** The gateway's own authorizer; not used where the body is sent, which the gateway keeps from authorizers. */
  get gateway(): RequestAuthorizer {
    this.#gateway ??= this.#authorizer();

    return this.#gateway;
  }

  #authorizer(): RequestAuthorizer {
    const { cacheSeconds, identities } = this.definition;
    const sources = identities.map(({ name, in: place }) =>
      place === 'header' ? GatewaySource.header(name) : GatewaySource.queryString(name),
    );
    const cached = cacheSeconds > 0;
    const authorizer = new RequestAuthorizer(this, 'Authorizer', {
      handler: this.handler.function,
      // What is allowed at one path is not at another: the key holds both beside the identity.
      identitySources: cached ? [...sources, GatewaySource.context('httpMethod'), GatewaySource.context('path')] : [],
      resultsCacheTtl: Duration.seconds(cacheSeconds),
    });
    if (!cached) {
      // CDK writes an empty text for none.
      (authorizer.node.defaultChild as CfnAuthorizer).addPropertyDeletionOverride('IdentitySource');
    }

    return authorizer;
  }
}

function checkIdentity(place: Construct, { name, in: where, validation }: IdentitySource): void {
  checkName(place, 'identities', name, /^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, `_` or `-`');
  checkOne(place, `identities.${name}.in`, where, ['header', 'query']);
  if (validation === undefined) {
    return;
  }
  try {
    new RegExp(`^(?:${validation})$`, 'u');
  } catch (error) {
    throw invalid(place, `identities.${name}.validation`, validation, `a regular expression (${String(error)})`);
  }
}
