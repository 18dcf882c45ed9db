import { invalid, type Place } from './setting.ts';

/** API Gateway's default quota of resources in one REST API. D:apigateway/latest/developerguide/api-gateway-execution-service-limits-table */
const MAX_NODES = 300;
const SEGMENT = /^([A-Za-z0-9._~-]+|\{[A-Za-z0-9_]+\})$/;
/** Takes every path below its node that has no node of its own. */
export const REST = '{proxy+}';

/** The paths of one API as the gateway keeps them: a node per segment, at most one variable among the children of a node. */
export class RouteTree {
  readonly #place: Place;
  readonly #routes = new Set<string>();
  /** Path → the variable among its children. `/` is the root. */
  readonly #variables = new Map<string, string | undefined>([['/', undefined]]);

  constructor(place: Place) {
    this.#place = place;
  }

  /** @throws InvalidSetting for a path the gateway cannot hold beside the others, naming both */
  add(method: string, path: string): void {
    const segments = segmentsOf(this.#place, path);
    const route = `${method} ${path}`;
    if (this.#routes.has(route)) {
      throw invalid(this.#place, 'path', route, 'each method and path once');
    }
    this.#routes.add(route);
    segments.reduce((parent, segment) => this.#addNode(parent, segment, path), '/');
    if (this.resources > MAX_NODES) {
      throw invalid(
        this.#place,
        'path',
        path,
        `at most ${MAX_NODES} path segments in one group, those for 404 included`,
      );
    }
  }

  /** Every node, and for each node without a variable child one that takes the rest: with `ANY` on all of them no path is left over. */
  catchAll(): string[] {
    return [...this.#variables].flatMap(([path, variable]) =>
      variable === undefined ? [path, join(path, REST)] : [path],
    );
  }

  /** The root, and what takes every path below it that has no node. @throws InvalidSetting where a variable stands in its place */
  rootCatchAll(): string[] {
    const variable = this.#variables.get('/');
    if (variable !== undefined) {
      throw invalid(
        this.#place,
        'path',
        `/${variable}`,
        'no variable at the root of a closed API: unknown paths end there',
      );
    }

    return ['/', join('/', REST)];
  }

  get resources(): number {
    return this.catchAll().length - 1;
  }

  #addNode(parent: string, segment: string, path: string): string {
    const node = join(parent, segment);
    const sibling = this.#variables.get(parent);
    if (segment.startsWith('{')) {
      if (sibling !== undefined && sibling !== segment) {
        throw invalid(this.#place, 'path', path, `the same variable as its neighbour ${join(parent, sibling)}`);
      }
      this.#variables.set(parent, segment);
    }
    if (!this.#variables.has(node)) {
      this.#variables.set(node, undefined);
    }
    return node;
  }
}

function segmentsOf(place: Place, path: string): string[] {
  const segments = path.slice(1).split('/');
  if (path === '/') {
    return [];
  }
  if (!path.startsWith('/') || !segments.every((segment) => SEGMENT.test(segment))) {
    throw invalid(
      place,
      'path',
      path,
      'segments of letters, digits, `.`, `_`, `~`, `-` or one `{variable}`: /spaces/{deviceId}',
    );
  }
  const twice = segments.find((segment, at) => segment.startsWith('{') && segments.indexOf(segment) < at);
  if (twice !== undefined) {
    throw invalid(place, 'path', path, `${twice} once`);
  }
  return segments;
}

function join(parent: string, segment: string): string {
  return parent === '/' ? `/${segment}` : `${parent}/${segment}`;
}
