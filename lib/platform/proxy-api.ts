import { AspectPriority, Aspects, Stack } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  AwsIntegration,
  EndpointType,
  type IAuthorizer,
  type IResource,
  LogGroupLogDestination,
  type Method,
  MethodLoggingLevel,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Environment } from './environment.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import type { HandlerFunction } from './handler-function.ts';
import { RouteTree } from './route-tree.ts';

/** The one environment APIs are published in so far; also the gateway's stage. */
export const RELEASE = 'RELEASE';

export interface ProxyApiProps {
  readonly environment: Environment;
  /** The gateway's name for it, before the environment's prefix. */
  readonly name: string;
  readonly description: string;
  /** Answers every path that has no route. */
  readonly notFound: HandlerFunction;
  /** Who decides about routes, and about unknown paths when `closed`. IAM: the gateway itself. */
  readonly authorizer: IAuthorizer | 'iam';
  /**
   * Whether unknown paths need authorisation too. Then one route takes them all, and the gateway itself refuses a method that a known path
   * does not have: two resources in place of two for each node, of the 500 that a stack may have.
   */
  readonly closed: boolean;
  readonly webAclArn: string;
  /**
   * Whose pages may read what the gateway itself refuses.
   * @default - nobody's
   */
  readonly origins?: readonly string[];
  /** Calls a second, and how many at once on top, over all callers. */
  readonly throttle: { readonly rate: number; readonly burst: number };
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: HandlerFunction;
  /**
   * Who decides about it.
   * @default - who decides about the others
   */
  readonly authorizer?: IAuthorizer | 'iam';
  /**
   * Why anyone may call it, past the authorizer.
   * @default - the authorizer decides
   */
  readonly open?: string;
}

const NOTHING_BEHIND = 'Answers 404 for a path that does not exist; there is nothing behind it to protect.';
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    time: '$context.requestTimeEpoch',
    gatewayRequestId: '$context.requestId',
    requestId: '$context.authorizer.requestId',
    app: '$context.authorizer.app',
    api: '$context.authorizer.api',
    code: '$context.authorizer.code',
    caller: '$context.identity.userArn',
    address: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    path: '$context.path',
    status: '$context.status',
    ms: '$context.responseLatency',
    bytes: '$context.responseLength',
    fault: '$context.error.message',
  }),
);

/**
 * A REST API whose every method is a proxy to one of our functions. Routes are collected while the stack is built and become methods at
 * synthesis, because a node may hold either a variable or the catch-all for unknown paths: which one is known only then.
 */
export class ProxyApi extends Construct {
  readonly restApi: RestApi;
  readonly #props: ProxyApiProps;
  readonly #tree = new RouteTree(this);
  readonly #routes: Route[] = [];
  readonly #callers = new Set<HandlerFunction>();
  readonly #methods: Method[] = [];

  constructor(scope: Construct, id: string, props: ProxyApiProps) {
    super(scope, id);
    const { environment, throttle } = props;
    this.#props = props;
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: environment.logRetention,
      removalPolicy: environment.dataRemoval,
    });
    this.restApi = new RestApi(this, 'Rest', {
      restApiName: `${environment.prefix}${props.name}`,
      description: props.description,
      endpointTypes: [EndpointType.REGIONAL],
      // Every body arrives as the bytes that were sent: a signature covers exactly those.
      binaryMediaTypes: ['*/*'],
      cloudWatchRole: false,
      deployOptions: {
        stageName: RELEASE,
        accessLogDestination: new LogGroupLogDestination(logs),
        accessLogFormat: ACCESS_LOG,
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        throttlingRateLimit: throttle.rate,
        throttlingBurstLimit: throttle.burst,
      },
    });
    // CDK prints the address of every REST API; ours are in outputs of their own.
    this.restApi.node.tryRemoveChild('Endpoint');
    addGatewayResponses(this.restApi, props.origins);
    new CfnWebACLAssociation(this, 'Firewall', {
      resourceArn: this.restApi.deploymentStage.stageArn,
      webAclArn: props.webAclArn,
    });
    acknowledge(this, {
      'AwsSolutions-APIG2':
        'Requests are validated by the functions, whose refusals have the bodies callers depend on.',
      'AwsSolutions-COG4': 'Callers are apps and IAM principals, not people with a Cognito account.',
    });
    Aspects.of(this).add(
      { visit: (node) => (node === this ? this.#build() : undefined) },
      { priority: AspectPriority.MUTATING },
    );
    this.node.addValidation({ validate: () => this.#unguarded() });
  }

  /** The default address, stage included. */
  get url(): string {
    return this.restApi.urlForPath('/');
  }

  /** The execute-api ARN of a method and path, for policies. */
  arnOf(method: string, path: string): string {
    return this.restApi.arnForExecuteApi(method, path, RELEASE);
  }

  /** @throws InvalidSetting for a path that cannot stand beside the others */
  addRoute(route: Route): void {
    this.#tree.add(route.method, route.path);
    this.#routes.push(route);
  }

  #build(): void {
    if (this.#methods.length > 0) {
      return;
    }
    const { authorizer, notFound, closed } = this.#props;
    for (const route of this.#routes) {
      this.#addMethod(route, authorizer);
    }
    const taken = new Set(this.#routes.filter(({ method }) => method === 'ANY').map(({ path }) => path));
    const catchAll = closed ? this.#tree.rootCatchAll() : this.#tree.catchAll();
    for (const path of catchAll.filter((path) => !taken.has(path))) {
      this.#addMethod({ method: 'ANY', path, handler: notFound, ...(!closed && { open: NOTHING_BEHIND }) }, authorizer);
    }
  }

  #addMethod({ method: httpMethod, path, handler, open, authorizer: own }: Route, guard: IAuthorizer | 'iam'): void {
    const authorizer = open === undefined ? (own ?? guard) : 'none';
    const uri = `2015-03-31/functions/${handler.arn}/invocations`;
    const method = this.#resource(path).addMethod(
      httpMethod,
      new AwsIntegration({ service: 'lambda', proxy: true, path: uri }),
      typeof authorizer === 'string'
        ? { authorizationType: authorizer === 'iam' ? AuthorizationType.IAM : AuthorizationType.NONE }
        : { authorizer },
    );
    this.#methods.push(method);
    if (open !== undefined) {
      acknowledge(method, { 'AwsSolutions-APIG4': open });
    }
    if (!this.#callers.has(handler)) {
      this.#callers.add(handler);
      handler.allowInvocation(`Invoke-${this.node.addr}`, 'apigateway.amazonaws.com', this.arnOf('*', '/*'));
    }
  }

  #resource(path: string): IResource {
    return this.restApi.root.resourceForPath(path);
  }

  /** No route may be reachable without the authorizer, whoever adds methods to the REST API behind our back. */
  #unguarded(): string[] {
    const ours = new Set(this.#methods);
    const strangers = this.restApi.methods.filter((method) => !ours.has(method));

    return strangers.map(
      ({ httpMethod, resource }) =>
        `${httpMethod} ${resource.path} was added past its API: it would bypass the authorizer. Add it as a route of ${Stack.of(this).stackName}.`,
    );
  }
}
