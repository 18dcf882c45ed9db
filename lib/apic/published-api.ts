import { Lazy } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ApiDefinition, ApiMethod, ApiParameter } from '../../core/apic/api-definition.ts';
import { schemesOf } from '../../core/apic/app-schemes.ts';
import type { BackendEntry } from '../../core/apic/backend-entry.ts';
import { IAM_CONTEXT } from '../../core/apic/iam-context.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { ProvidedResource } from '../platform/provided-resource.ts';
import { checkName, invalid } from '../platform/setting.ts';
import type { ApiGroup, Backend } from './api-group.ts';
import type { CustomAuthorizer } from './custom-authorizer.ts';
import type { IIntegrationApp } from './integration-app.ts';
import { apiParameter, checkOne, type ParameterProps } from './parameter-props.ts';
import { type SignInProps, signIn } from './sign-in.ts';
import type { SignatureKey } from './signature-key.ts';

const METHODS: readonly ApiMethod[] = ['GET', 'POST', 'PUT', 'DELETE', 'ANY'];

/** What every API has, whatever answers it. */
export interface PublishedApiProps extends SignInProps {
  /** The group that publishes it. */
  readonly group: ApiGroup;
  /** Who owns it, and may call it without a grant. */
  readonly app: IIntegrationApp;
  /**
   * 3 to 64 letters, digits, `_` or `-`; unique in the group.
   * @default - the construct's id
   */
  readonly name?: string;
  /** @default 'GET' */
  readonly method?: ApiMethod;
  /** Case-sensitive, with parameters in braces: `/parking/spaces/{deviceId}`. */
  readonly path: string;
  /**
   * By name. Parameters of the path are strings unless they are declared otherwise.
   * @default - those of the path
   */
  readonly parameters?: Readonly<Record<string, ParameterProps>>;
  /**
   * `app`: the owner and apps with a grant, by signature. `iam`: principals of AWS that have the right (`grantInvoke`), by Signature Version 4.
   * `none`: anyone. A custom authorizer: whoever it lets pass.
   * @default 'app'
   */
  readonly auth?: 'app' | 'iam' | 'none' | CustomAuthorizer;
  /**
   * Says what the backend is called with: its context stands beside what is known of the caller.
   * @default - nobody
   */
  readonly backendAuth?: CustomAuthorizer;
  /**
   * The key it is bound to: requests to HTTP backends are signed with it. A backend that wants a key serves only APIs that are bound to the same.
   * @default - none
   */
  readonly signatureKey?: SignatureKey;
  /**
   * Whether pages of other origins may call it, by the rules of its group.
   * @default - whether the group has such rules
   */
  readonly cors?: boolean;
  /**
   * Whether there is a way to it. Without one it can be tried out: `causeway backend test`.
   * @default true
   */
  readonly published?: boolean;
}

/** An API of a group. What answers it is for the constructs that make or extend this one. */
export class PublishedApi extends Construct {
  readonly apiName: string;
  readonly #group: ApiGroup;
  readonly #owner: IIntegrationApp;
  readonly #auth: ApiDefinition['auth'];
  readonly #published: boolean;
  readonly #route: Pick<ApiDefinition, 'method' | 'path'>;
  readonly #granted = new Set<string>();

  /**
   * @param backendOf makes what answers
   * @throws InvalidSetting naming what cannot work
   */
  constructor(
    scope: Construct,
    id: string,
    props: PublishedApiProps,
    backendOf: (api: Construct, parameters: readonly ApiParameter[]) => Backend,
  ) {
    super(scope, id);
    const { group, app, path, method = 'GET', auth = 'app', backendAuth, published = true } = props;
    const cors = props.cors ?? group.hasCors;
    this.#group = group;
    this.#owner = app;
    this.apiName = checkName(this, 'name', props.name ?? id, /^[\w-]{3,64}$/, '3 to 64 letters, digits, `_` or `-`');
    checkOne(this, 'method', method, METHODS);
    const custom = typeof auth === 'string' ? undefined : auth;
    const scheme: ApiDefinition['auth'] = typeof auth === 'string' ? auth : 'custom';
    checkOne(this, 'auth', scheme, ['app', 'iam', 'none', 'custom']);
    this.#auth = scheme;
    this.#route = { method, path };
    this.#published = published;
    const rules = signIn(this, scheme, props);
    checkAuthorizer(this, 'auth', group, custom);
    checkAuthorizer(this, 'backendAuth', group, backendAuth);
    if (cors && !group.hasCors) {
      throw invalid(this, 'cors', cors, `false: ${group.node.path} has no cors, so no origin is allowed`);
    }
    const parameters = parametersOf(this, path, props.parameters ?? {});
    if (backendAuth === undefined) {
      checkContext(this, scheme, parameters);
    }
    const { backend, handler, required } = backendOf(this, parameters);
    checkSignatureKey(this, props.signatureKey, required);
    const access = { app: app.appName, method, path, auth: scheme, ...rules };
    const guard = {
      ...(custom !== undefined && { authorizer: custom.definition.name }),
      ...(backendAuth !== undefined && { backendAuthorizer: backendAuth.definition.name }),
    };
    const definition = { name: this.apiName, ...access, ...guard, ...(cors && { cors }), parameters, backend };

    if (published) {
      group.publish(this, definition, handler, {
        ...(custom !== undefined && { custom }),
        ...(backendAuth !== undefined && { backend: backendAuth }),
      });
    } else {
      group.withhold(this, definition, handler, backendAuth);
    }
    this.#backend(definition, handler, published);
    if (!published) {
      return;
    }
    Integration.of(this).catalog.add(this, 'api', `${group.groupName}/${this.apiName}`, {
      group: group.groupName,
      stage: group.stage,
      ...access,
      ...(scheme === 'app' && { schemes: schemesOf(rules) }),
      // Who may call is for the topic to say.
      ...(backend.kind === 'topic' && { topic: backend.topic }),
      // For callers: what they send.
      parameters: parameters.filter((parameter) => parameter.in !== 'context'),
      url: `${group.url.replace(/\/$/, '')}${path}`,
    });
  }

  /** Lets another app call the API. */
  grantTo(app: IIntegrationApp): void {
    if (this.#auth !== 'app') {
      throw invalid(this, 'grantTo', app.appName, 'an API with auth app: no app is asked at this one');
    }
    if (app.appName === this.#owner.appName) {
      return;
    }
    if (this.#granted.size === 0) {
      this.#grants();
    }
    this.#granted.add(app.appName);
  }

  /**
   * Lets a principal of AWS call the API: a role, or a user.
   *
   * @throws InvalidSetting for an API at which IAM is not asked
   */
  grantInvoke(grantee: IGrantable): Grant {
    if (!this.#published) {
      throw invalid(this, 'grantInvoke', 'published: false', 'a published API: there is no way to this one');
    }
    if (this.#auth !== 'iam') {
      throw invalid(
        this,
        'grantInvoke',
        this.#auth,
        'an API with auth iam: no principal of AWS is asked for at this one',
      );
    }
    return this.#group.grantInvoke({ name: this.apiName, ...this.#route }, grantee);
  }

  /** Lets operators try it out, published or not. */
  #backend(definition: ApiDefinition, handler: HandlerFunction, published: boolean): void {
    const { app, method, path, parameters, backend } = definition;
    const { groupName: group, stage } = this.#group;
    const integration = Integration.of(this);
    const entry: BackendEntry = {
      ...{ group, stage, api: this.apiName, published, kind: backend.kind, app, method, path, parameters },
      ...(backend.kind === 'data' && { data: backend }),
      function: handler.function.functionName,
    };
    integration.catalog.add(this, 'backend', `${group}/${this.apiName}`, { ...entry });
    integration.allow('manageBackends', { actions: ['lambda:InvokeFunction'], resources: [handler.arn] });
  }

  #grants(): void {
    new ProvidedResource(this, 'Grants', {
      provider: Integration.of(this).platform.providers.grants,
      kind: 'Grants',
      properties: {
        Group: this.#group.groupName,
        Api: this.apiName,
        Stage: this.#group.stage,
        Apps: Lazy.list({ produce: () => [...this.#granted] }),
      },
    });
  }
}

function checkSignatureKey(api: Construct, bound: SignatureKey | undefined, required: Backend['required']): void {
  if (required !== undefined && required.key !== bound) {
    throw invalid(
      api,
      'signatureKey',
      bound?.node.path ?? 'none',
      `${required.key.node.path}: ${required.by} serves only APIs that are bound to it`,
    );
  }
}

function checkAuthorizer(
  api: Construct,
  setting: 'auth' | 'backendAuth',
  group: ApiGroup,
  authorizer: CustomAuthorizer | undefined,
): void {
  if (authorizer !== undefined && authorizer.group !== group) {
    throw invalid(api, setting, authorizer.node.path, `an authorizer of ${group.node.path}`);
  }
  const [side, wanted] = [authorizer?.definition.side ?? 'frontend', setting === 'auth' ? 'frontend' : 'backend'];
  if (authorizer !== undefined && side !== wanted) {
    throw invalid(api, setting, authorizer.node.path, `an authorizer with side ${wanted}`);
  }
}

/** What nobody says of a caller, an API cannot know. */
function checkContext(api: Construct, auth: ApiDefinition['auth'], parameters: readonly ApiParameter[]): void {
  const names = parameters.filter((parameter) => parameter.in === 'context').map(({ name }) => name);
  const [first] = names;
  if (first !== undefined && auth !== 'custom' && auth !== 'iam') {
    throw invalid(api, `parameters.${first}.in`, 'context', 'that of an API with auth iam or a custom authorizer');
  }
  const stranger = names.find((name) => !IAM_CONTEXT.some((known) => known === name));
  if (auth === 'iam' && stranger !== undefined) {
    throw invalid(api, 'parameters', stranger, `in: context, with auth iam, ${IAM_CONTEXT.join(', ')}`);
  }
}

function parametersOf(
  api: Construct,
  path: string,
  declared: Readonly<Record<string, ParameterProps>>,
): ApiParameter[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const stranger = Object.entries(declared).find(([name, props]) => props.in === 'path' && !inPath.includes(name));
  if (stranger !== undefined) {
    throw invalid(
      api,
      `parameters.${stranger[0]}`,
      'in: path',
      `one of the path's: ${inPath.join(', ') || 'it has none'}`,
    );
  }
  const all = { ...Object.fromEntries(inPath.map((name) => [name, { in: 'path' as const }])), ...declared };

  return Object.entries<ParameterProps>(all).map(([name, props]) => apiParameter(api, name, props, inPath));
}
