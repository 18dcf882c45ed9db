import type { TopicRight } from '../mqs/topic-permission.ts';
import type { CorsRules } from './cors.ts';
import type { CustomAuthorizer } from './custom-authorizer.ts';
import type { HttpBackend } from './http-backend.ts';
import type { ScriptLimits } from './script/script-limits.ts';

/** What the functions of one API group know about it: written at synthesis into their `definitions.json`. */
export interface ApiDefinitions {
  readonly group: string;
  /** The environment it is published in; also the gateway's stage: `RELEASE`. */
  readonly stage: string;
  /** Whether and how pages of other origins may call the APIs that have `cors`. */
  readonly cors?: CorsRules;
  /** Those the APIs name. */
  readonly authorizers?: readonly CustomAuthorizer[];
  readonly apis: readonly ApiDefinition[];
  /** Those that no route leads to: they are tried out before they are published. */
  readonly unpublished?: readonly ApiDefinition[];
}

export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'ANY';

/**
 * How an app shows who it is: a signature; the header `X-Apig-AppCode`; key and secret in `X-HW-ID` and `X-HW-AppKey`; the same as HTTP Basic; the
 * key alone in `apikey`, which proves nothing; a token signed with the secret.
 */
export type AppScheme = 'signature' | 'appCode' | 'secret' | 'basic' | 'apikey' | 'jwt';

export interface ApiDefinition {
  readonly name: string;
  /** The app that owns the API; it may call it without a grant. */
  readonly app: string;
  readonly method: ApiMethod;
  /** The gateway's resource path, case-sensitive: `/parking/spaces/{deviceId}`. */
  readonly path: string;
  /**
   * `app`: only apps may call, by signature (and by AppCode where `appCode` is on). `iam`: principals of AWS whose policies say so; the gateway
   * itself judges. `custom`: whoever the custom authorizer lets pass. `none`: anyone may.
   */
  readonly auth: 'app' | 'iam' | 'custom' | 'none';
  /** The name of the custom authorizer. */
  readonly authorizer?: string;
  /** The name of the one that says what the backend is called with. */
  readonly backendAuthorizer?: string;
  /** Whether the simple way, the header `X-Apig-AppCode`, is accepted beside the signature. */
  readonly appCode: boolean;
  /** What apps may show, where it is something else than a signature, or an AppCode where `appCode` says so. */
  readonly schemes?: readonly AppScheme[];
  /** False: a signature that leaves the body out is refused. */
  readonly unsignedPayload?: false;
  /** A signature is good for one call. */
  readonly replayDefence?: true;
  /** Who signs wrongly is told where the request differs from what was signed. */
  readonly explain?: true;
  /** Whether pages of other origins may call it, by the group's rules. */
  readonly cors?: boolean;
  readonly parameters: readonly ApiParameter[];
  readonly backend: DataBackend | FunctionBackend | HttpBackend | MockBackend | ScriptBackend | TopicBackend;
}

/** `context`: not the caller sends it; whoever judged the call knows it of the caller. */
export type ParameterPlace = 'path' | 'query' | 'header' | 'body' | 'context';
export type ParameterType = 'string' | 'integer' | 'number' | 'boolean';

export interface ApiParameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly type: ParameterType;
  readonly required: boolean;
  /** Used when the caller sends none; written as a caller would write it. */
  readonly default?: string;
  /** Of integers and numbers, both included. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of strings: characters, 4,096 where nothing is said. */
  readonly maxLength?: number;
  /** Of strings: a regular expression the whole value fits. */
  readonly pattern?: string;
  /** The only values, written as a caller would write them. */
  readonly enum?: readonly string[];
  readonly description?: string;
}

/** A fixed answer. */
export interface MockBackend {
  readonly kind: 'mock';
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A topic: messages are put into it, or looked up in it. Its grants say which apps may, and not those of the API. */
export interface TopicBackend {
  readonly kind: 'topic';
  readonly topic: string;
  readonly right: TopicRight;
}

/** A TypeScript function of the integration, in a Lambda function of its own. */
export interface FunctionBackend {
  readonly kind: 'function';
}

/** A script of the reference system, run in a sandbox. */
export interface ScriptBackend {
  readonly kind: 'script';
  /** The file's name in the function's asset, below `scripts/`. */
  readonly script: string;
  readonly limits: ScriptLimits;
}

/** A statement against the group's database. */
export interface DataBackend {
  readonly kind: 'data';
  /** The one key of the response, 1 to 32 characters: `default`. */
  readonly returnObject: string;
  /** SQL with `${name}` parameters and optional blocks `[and col = ${x}]`; see `sql-template.ts`. */
  readonly sql: string;
}
