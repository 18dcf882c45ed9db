import { CfnOutput, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { type CfnAuthorizer, RequestAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ApiDefinition, ApiDefinitions } from '../../core/apic/api-definition.ts';
import { schemesOf } from '../../core/apic/app-schemes.ts';
import { mayHaveBody } from '../../core/apic/authorize-call.ts';
import type { CorsRules } from '../../core/apic/cors.ts';
import { ALARM_PERIOD, FaultAlarm } from '../platform/fault-alarm.ts';
import { HandlerFunction, type HandlerFunctionProps } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { outputId } from '../platform/names.ts';
import { ProxyApi, RELEASE } from '../platform/proxy-api.ts';
import { checkName, checkWhole, invalid } from '../platform/setting.ts';
import { grantAppSecrets } from '../platform/signature-check.ts';
import { USE_ONCE } from '../platform/tables.ts';
import { type CorsProps, corsRules } from './cors.ts';
import type { CustomAuthorizer } from './custom-authorizer.ts';
import { HttpCaller } from './http-caller.ts';
import { InvokeGrants } from './invoke-grants.ts';
import type { SignatureKey } from './signature-key.ts';

/** API Gateway gives a function 29 s. D:apigateway/latest/developerguide/api-gateway-execution-service-limits-table */
const GATEWAY_TIMEOUT = Duration.seconds(29);
const ANYONE =
  'Declared with auth none: anyone may call, so an authorizer would have nobody to ask about. Throttling and the firewall hold, and the function takes calls without a verdict for no other route.';
const PREFLIGHT = 'Browsers ask without credentials; the answer says which origins, methods and headers are allowed.';

export interface ApiGroupProps {
  /**
   * 3 to 64 letters, digits, `_` or `-`; the first segment of its address on an own domain.
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Calls a second over all callers, and how many at once on top of that, before the gateway answers 429.
   * @default - 500 a second, 1,000 at once
   */
  readonly throttle?: { readonly rate: number; readonly burst: number };
  /**
   * Which pages of other origins may call the APIs; each may be left out with `cors: false`.
   * @default - none
   */
  readonly cors?: CorsProps;
}

/** What answers an API. */
export interface Backend {
  readonly backend: ApiDefinition['backend'];
  readonly handler: HandlerFunction;
  /** The only key whose APIs it serves, and the path of what says so. */
  readonly required?: { readonly key: SignatureKey; readonly by: string };
}

export interface BackendFunctionProps
  extends Pick<HandlerFunctionProps, 'entry' | 'module' | 'description' | 'files' | 'parts' | 'timeout'> {
  readonly memory: number;
}

/**
 * APIs with one address, published in RELEASE. Every route passes an authorizer but those anyone may call; every other path is answered 404 by
 * a function of ours.
 */
export class ApiGroup extends Construct {
  readonly groupName: string;
  readonly stage = RELEASE;
  readonly #apis = new Map<string, ApiDefinition>();
  readonly #unpublished = new Map<string, ApiDefinition>();
  readonly #api: ProxyApi;
  /** Paths that answer a browser's question already. */
  readonly #asked = new Set<string>();
  readonly #cors: CorsRules | undefined;
  #preflight: HandlerFunction | undefined;
  #data: HandlerFunction | undefined;
  #mock: HandlerFunction | undefined;
  #http: HttpCaller | undefined;
  readonly #custom = new Map<string, CustomAuthorizer>();
  readonly #invokers = new InvokeGrants();
  #authorize: { readonly handler: HandlerFunction; readonly gateway: RequestAuthorizer } | undefined;
  #remembersUse = false;
  #explain: HandlerFunction | undefined;
  /** Functions that have refusals explained. */
  readonly #explained = new Set<HandlerFunction>();
  /** Functions that have signatures checked over bodies. */
  readonly #signatureAskers = new Set<HandlerFunction>();
  /** Custom authorizers that the gateway does not ask, by the function that does. */
  readonly #bodyAskers = new Map<HandlerFunction, Map<string, string>>();

  constructor(scope: Construct, id: string, props: ApiGroupProps = {}) {
    super(scope, id);
    const integration = Integration.of(this);
    const throttle = props.throttle ?? { rate: 500, burst: 1000 };
    this.groupName = checkName(this, 'name', props.name ?? id, /^[\w-]{3,64}$/, '3 to 64 letters, digits, `_` or `-`');
    this.#cors = props.cors === undefined ? undefined : corsRules(this, props.cors);
    checkWhole(this, 'throttle.rate', throttle.rate, { min: 1, max: 10_000, unit: 'calls a second' });
    checkWhole(this, 'throttle.burst', throttle.burst, { min: 1, max: 5_000, unit: 'calls' });

    this.#api = new ProxyApi(this, 'Api', {
      environment: integration.settings,
      name: this.groupName,
      description: `APIs of the group ${this.groupName}`,
      notFound: this.#handler('NotFound', 'apic/not-found', 'Answers 404 for paths without an API', { memory: 256 }),
      // Every API names who decides about it; what does not would be closed.
      authorizer: 'iam',
      closed: false,
      webAclArn: integration.platform.firewall.arn,
      throttle,
      ...(this.#cors !== undefined && { origins: this.#cors.origins }),
    });
    this.node.addValidation({ validate: () => this.#invokers.problems() });
    new CfnOutput(this, 'Output', {
      value: integration.toJsonString({
        group: this.groupName,
        name: this.#api.restApi.restApiName,
        restApi: this.#api.restApi.restApiId,
        stage: RELEASE,
        url: this.#api.url,
      }),
    }).overrideLogicalId(outputId('Api', this.groupName));
  }

  /** Where the group answers, stage included. */
  get url(): string {
    return this.#api.url;
  }

  /** Used by the constructs of APIs: lets a principal call one that IAM guards. */
  grantInvoke({ name, method, path }: Pick<ApiDefinition, 'name' | 'method' | 'path'>, grantee: IGrantable): Grant {
    const arn = this.#api.arnOf(method === 'ANY' ? '*' : method, path.replaceAll(/\{\w+\}/g, '*'));

    return this.#invokers.give(name, arn, grantee);
  }

  /** Whether pages of other origins may call its APIs, unless one says otherwise. */
  get hasCors(): boolean {
    return this.#cors !== undefined;
  }

  /** Answers the group's data APIs. */
  get data(): HandlerFunction {
    this.#data ??= this.#dataHandler();

    return this.#data;
  }

  /** Answers the group's mock APIs. */
  get mock(): HandlerFunction {
    this.#mock ??= this.backend(this, 'Mock', {
      entry: 'apic/answer-mock',
      description: 'Answers fixed texts',
      memory: 256,
    });

    return this.#mock;
  }

  /** Has the group's HTTP APIs answered by their backends. */
  get http(): HttpCaller {
    this.#http ??= new HttpCaller(
      this.backend(this, 'Http', { entry: 'apic/call-backend', description: 'Calls backends', memory: 1024 }),
    );

    return this.#http;
  }

  /** A function that answers some of the group's APIs, behind the chain all of them share; it knows the group's definitions. */
  backend(scope: Construct, id: string, props: BackendFunctionProps): HandlerFunction {
    const { files, ...own } = props;
    const handler = new HandlerFunction(scope, id, {
      timeout: GATEWAY_TIMEOUT,
      ...own,
      environment: Integration.of(this).settings,
      description: `${props.description} (${this.node.id})`,
      files: {
        'definitions.json': () => this.#allDefinitions(),
        ...files,
      },
    });

    return handler;
  }

  /**
   * Used by the constructs of APIs: publishes one.
   *
   * @throws InvalidSetting when its name or its path cannot stand beside the others
   */
  publish(
    construct: Construct,
    api: ApiDefinition,
    handler: HandlerFunction,
    { custom, backend }: { readonly custom?: CustomAuthorizer; readonly backend?: CustomAuthorizer } = {},
  ): void {
    this.#checkFree(construct, api.name);
    const { method, path } = api;
    this.#guardSignatures(api, handler);
    const own = custom === undefined ? undefined : this.#guard(construct, handler, custom);
    this.#letAskForBackend(construct, handler, backend);
    this.#api.addRoute({
      ...{ method, path, handler },
      ...(api.auth === 'none'
        ? { open: ANYONE }
        : { authorizer: api.auth === 'iam' ? 'iam' : (own ?? this.#authorizer.gateway) }),
    });
    this.#apis.set(api.name, api);
    if (api.auth === 'iam') {
      this.#invokers.add(api);
    }
    if (api.cors === true && !this.#asked.has(api.path)) {
      this.#asked.add(api.path);
      this.#preflight ??= this.#handler('Preflight', 'apic/answer-preflight', 'Answers whether a page may call', {
        memory: 256,
      });
      this.#api.addRoute({ method: 'OPTIONS', path: api.path, handler: this.#preflight, open: PREFLIGHT });
    }
  }

  /**
   * Used by the constructs of APIs: only the function that answers it knows it. What decides about calls does not: its path may be one that
   * another API is published at.
   *
   * @throws InvalidSetting when another has its name
   */
  withhold(construct: Construct, api: ApiDefinition, handler: HandlerFunction, backend?: CustomAuthorizer): void {
    this.#checkFree(construct, api.name);
    this.#letAskForBackend(construct, handler, backend);
    this.#unpublished.set(api.name, api);
  }

  #guardSignatures(api: ApiDefinition, handler: HandlerFunction): void {
    const { platform } = Integration.of(this);
    // Only over a body that its hash did not come with; the authorizer judges all other signatures.
    const overBodies = api.auth === 'app' && schemesOf(api).includes('signature') && mayHaveBody(api.method);
    if (overBodies && !this.#signatureAskers.has(handler)) {
      this.#signatureAskers.add(handler);
      platform.signatureCheck.grantAsk(handler);
    }
    if (api.replayDefence && !this.#remembersUse) {
      this.#remembersUse = true;
      platform.tables.grantNonces(this.#authorizer.handler);
    }
    if (api.replayDefence && overBodies) {
      const resources = [platform.tables.nonces.tableArn];
      Integration.of(this).allow('verifySignature', { actions: USE_ONCE, resources });
    }
    if (api.explain && !this.#explained.has(handler)) {
      this.#explained.add(handler);
      this.#explain ??= this.#explainFunction();
      handler.variable('EXPLAIN_FUNCTION', this.#explain.arn).allow(['lambda:InvokeFunction'], [this.#explain.arn]);
    }
  }

  /** Only where an API wants it: it says more than who is refused may know elsewhere. */
  #explainFunction(): HandlerFunction {
    const { settings, platform } = Integration.of(this);
    const explain = this.#handler('Explain', 'apic/explain-refusal', 'Says why a call is not signed right', {
      memory: 512,
    });
    grantAppSecrets(explain, settings, platform.tables);

    return explain;
  }

  #checkFree(construct: Construct, name: string): void {
    if (this.#apis.has(name) || this.#unpublished.has(name)) {
      throw invalid(construct, 'name', name, `a name no other API of ${this.node.path} has`);
    }
  }

  #definitions(): ApiDefinitions {
    return {
      group: this.groupName,
      stage: RELEASE,
      ...(this.#cors !== undefined && { cors: this.#cors }),
      ...(this.#custom.size > 0 && { authorizers: [...this.#custom.values()].map(({ definition }) => definition) }),
      apis: [...this.#apis.values()],
    };
  }

  #allDefinitions(): ApiDefinitions {
    const unpublished = [...this.#unpublished.values()];

    return { ...this.#definitions(), ...(unpublished.length > 0 && { unpublished }) };
  }

  /** Where the custom authorizer wants the body, the function that has it must be able to ask. */
  #guard(construct: Construct, handler: HandlerFunction, custom: CustomAuthorizer): RequestAuthorizer | undefined {
    this.#know(construct, 'auth', custom);
    if (!custom.definition.sendBody) {
      return custom.gateway;
    }
    this.#letAsk(handler, custom);

    return undefined;
  }

  #letAskForBackend(construct: Construct, handler: HandlerFunction, backend: CustomAuthorizer | undefined): void {
    if (backend !== undefined) {
      this.#know(construct, 'backendAuth', backend);
      this.#letAsk(handler, backend);
    }
  }

  #know(construct: Construct, setting: 'auth' | 'backendAuth', custom: CustomAuthorizer): void {
    const { name } = custom.definition;
    const other = this.#custom.get(name);
    if (other !== undefined && other !== custom) {
      throw invalid(construct, setting, name, `one custom authorizer of this name in ${this.node.path}`);
    }
    this.#custom.set(name, custom);
  }

  #letAsk(handler: HandlerFunction, { definition, handler: asked }: CustomAuthorizer): void {
    const known = this.#bodyAskers.get(handler);
    const functions = known ?? new Map<string, string>();
    if (known === undefined) {
      this.#bodyAskers.set(handler, functions);
      const text = () => Stack.of(handler).toJsonString(Object.fromEntries(functions));
      handler.variable('CUSTOM_AUTHORIZERS', Lazy.string({ produce: text }));
    }
    if (!functions.has(definition.name)) {
      functions.set(definition.name, asked.arn);
      handler.allow(['lambda:InvokeFunction'], [asked.arn]);
    }
  }

  /** Decides about every API that neither IAM nor a custom authorizer of the gateway decides about, but those that anyone may call. */
  get #authorizer() {
    this.#authorize ??= this.#makeAuthorizer();

    return this.#authorize;
  }

  /** No identity source and no cache: a key for a cache would let a call pass whose query was changed. */
  #makeAuthorizer() {
    const { settings, platform } = Integration.of(this);
    const handler = this.#handler('Authorize', 'apic/authorize-call', 'Decides about each call', { memory: 1024 });
    grantAppSecrets(handler, settings, platform.tables, 'pair');

    new FaultAlarm(this, 'AuthorizerErrors', {
      environment: settings,
      description: `The authorizer of ${this.groupName} fails: its APIs answer 500.`,
      runbook: 'authorizer',
      metric: handler.function.metricErrors({ period: ALARM_PERIOD }),
    });
    const gateway = new RequestAuthorizer(this, 'Authorizer', {
      handler: handler.function,
      identitySources: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    // CDK writes an empty text for none.
    (gateway.node.defaultChild as CfnAuthorizer).addPropertyDeletionOverride('IdentitySource');

    return { handler, gateway };
  }

  #dataHandler(): HandlerFunction {
    const integration = Integration.of(this);
    const data = this.backend(this, 'Data', {
      entry: 'apic/data-api',
      description: 'Answers calls from the database',
      memory: 1024,
    });
    integration.databaseFor(this).grant(data, 'causeway_api');

    return data;
  }

  #handler(id: string, entry: string, description: string, { memory }: { memory: number }): HandlerFunction {
    return new HandlerFunction(this, id, {
      environment: Integration.of(this).settings,
      entry,
      description: `${description} (${this.node.id})`,
      memory,
      timeout: GATEWAY_TIMEOUT,
      files: { 'definitions.json': () => this.#definitions() },
    });
  }
}
