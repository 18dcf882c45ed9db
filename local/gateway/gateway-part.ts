/** What a template declares of a REST API; ids are the resources' `Ref`s and stay the same between starts. */
export type GatewayPart = RestApi | GatewayResource | Method | GatewayAuthorizer | GatewayResponse | Stage;

interface Part {
  readonly restApiId: string;
  readonly id: string;
}

export interface RestApi extends Part {
  readonly kind: 'rest-api';
  readonly name: string;
  readonly rootResourceId: string;
  /** `*` + `/*` alone means: every body is passed as base64. */
  readonly binaryMediaTypes: readonly string[];
}

export interface GatewayResource extends Part {
  readonly kind: 'resource';
  readonly parentId: string;
  /** `parking`, `{deviceId}`, `{proxy+}` */
  readonly pathPart: string;
}

export interface Method extends Part {
  readonly kind: 'method';
  readonly resourceId: string;
  /** GET, …, or ANY */
  readonly httpMethod: string;
  readonly authorization: 'NONE' | 'AWS_IAM' | 'CUSTOM';
  readonly authorizerId?: string;
  /** The function of the AWS_PROXY integration, with its qualifier if the template names one. */
  readonly functionArn: string;
  readonly timeoutMs: number;
}

export interface GatewayAuthorizer extends Part {
  readonly kind: 'authorizer';
  readonly name: string;
  readonly functionArn: string;
  /** Empty only when nothing is cached. */
  readonly identitySources: readonly IdentitySource[];
  /** 0–3600; 0 does not cache. */
  readonly ttlSeconds: number;
}

export interface IdentitySource {
  readonly from: 'header' | 'querystring' | 'context' | 'stageVariables';
  readonly name: string;
}

export interface GatewayResponse extends Part {
  readonly kind: 'response';
  /** `THROTTLED`, `DEFAULT_4XX`, … */
  readonly responseType: string;
  readonly statusCode?: number;
  /** Header name → static value or `context.…` expression. */
  readonly headers: Readonly<Record<string, string>>;
  /** Media type → template. */
  readonly templates: Readonly<Record<string, string>>;
}

export interface Stage extends Part {
  readonly kind: 'stage';
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly throttling: readonly MethodThrottling[];
}

export interface MethodThrottling {
  /** A resource path, or `/*` for all. */
  readonly resourcePath: string;
  /** A method, or `*` for all. */
  readonly httpMethod: string;
  /** Requests per second. */
  readonly rateLimit: number;
  readonly burstLimit: number;
}
