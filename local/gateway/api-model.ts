import { AwsError } from '../errors.ts';
import type {
  GatewayAuthorizer,
  GatewayPart,
  GatewayResource,
  GatewayResponse,
  Method,
  RestApi,
  Stage,
} from './gateway-part.ts';
import { LIMITS } from './limits.ts';
import { RouteTree } from './route-tree.ts';

/** One RestApi as its parts make it. Changes count at once: locally a deployment is no snapshot. */
export class ApiModel {
  readonly id: string;
  readonly authorizers = new Map<string, GatewayAuthorizer>();
  /** By response type. */
  readonly responses = new Map<string, GatewayResponse>();
  /** By name. */
  readonly stages = new Map<string, Stage>();
  #definition: RestApi | undefined;
  readonly #resources = new Map<string, GatewayResource>();
  readonly #methods = new Map<string, Method>();
  #routes: RouteTree | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get definition(): RestApi | undefined {
    return this.#definition;
  }

  get routes(): RouteTree {
    const { rootResourceId } = this.#definition ?? { rootResourceId: '' };
    this.#routes ??= new RouteTree(rootResourceId, [...this.#resources.values()], [...this.#methods.values()]);

    return this.#routes;
  }

  /** Whether bodies of this media type are passed as base64. */
  isBinary(mediaType: string): boolean {
    const plain = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';

    return (this.#definition?.binaryMediaTypes ?? []).some((type) => type === '*/*' || type.toLowerCase() === plain);
  }

  /** Throws `AwsError` LimitExceededException. */
  apply(part: GatewayPart): void {
    this.#routes = undefined;
    if (part.kind === 'resource') checkRoom('Resources', LIMITS.resourcesPerApi, this.#resources, part.id);
    if (part.kind === 'authorizer') checkRoom('Authorizers', LIMITS.authorizersPerApi, this.authorizers, part.id);
    if (part.kind === 'stage') checkRoom('Stages', LIMITS.stagesPerApi, this.stages, part.name);
    switch (part.kind) {
      case 'rest-api':
        this.#definition = part;
        break;
      case 'resource':
        this.#resources.set(part.id, part);
        break;
      case 'method':
        this.#methods.set(part.id, part);
        break;
      case 'authorizer':
        this.authorizers.set(part.id, part);
        break;
      case 'response':
        this.responses.set(part.responseType, part);
        break;
      case 'stage':
        this.stages.set(part.name, part);
        break;
    }
  }

  remove({ kind, id }: Pick<GatewayPart, 'kind' | 'id'>): void {
    this.#routes = undefined;
    if (kind === 'rest-api') this.#definition = undefined;
    if (kind === 'resource') this.#resources.delete(id);
    if (kind === 'method') this.#methods.delete(id);
    if (kind === 'authorizer') this.authorizers.delete(id);
    for (const [type, response] of this.responses) {
      if (kind === 'response' && response.id === id) this.responses.delete(type);
    }
    for (const [name, stage] of this.stages) if (kind === 'stage' && stage.id === id) this.stages.delete(name);
  }
}

function checkRoom(what: string, maximum: number, parts: ReadonlyMap<string, unknown>, id: string): void {
  if (parts.has(id) || parts.size < maximum) return;

  throw new AwsError(
    'LimitExceededException',
    `Maximum number of ${what} for this API has been reached. Please contact AWS if you need additional ${what}.`,
    429,
  );
}
