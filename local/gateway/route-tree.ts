import type { GatewayResource, Method } from './gateway-part.ts';

export interface Route {
  readonly method: Method;
  readonly resourceId: string;
  /** `/parking/spaces/{deviceId}` */
  readonly resourcePath: string;
  /** Decoded; `proxy` of `{proxy+}` holds all levels it stands for. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Node {
  readonly resourceId: string;
  readonly resourcePath: string;
  readonly fixed: Map<string, Node>;
  /** `{name}`: one level. */
  parameter: { readonly name: string; readonly node: Node } | undefined;
  /** `{name+}`: everything from here on. */
  greedy: { readonly name: string; readonly node: Node } | undefined;
  readonly methods: Map<string, Method>;
}

interface Found {
  readonly node: Node;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * A RestApi's resources as a tree. A fixed level wins over a parameter, a parameter over a greedy one; a resource without
 * methods is no route. When the best resource lacks the method, no other one is tried.
 */
export class RouteTree {
  readonly #root: Node;

  constructor(rootResourceId: string, resources: readonly GatewayResource[], methods: readonly Method[]) {
    this.#root = makeNode(rootResourceId, '/');
    const nodes = new Map([[rootResourceId, this.#root]]);
    const waiting = new Set(resources);
    for (let placed = true; placed; ) {
      placed = false;
      for (const resource of waiting) {
        const parent = nodes.get(resource.parentId);
        if (parent === undefined) continue;
        nodes.set(resource.id, addChild(parent, resource));
        waiting.delete(resource);
        placed = true;
      }
    }
    for (const method of methods) nodes.get(method.resourceId)?.methods.set(method.httpMethod, method);
  }

  /** @param path percent-encoded, as received, without the base path; a slash at its end is not looked at */
  match(httpMethod: string, path: string): Route | undefined {
    const levels = path.replace(/^\//, '').replace(/\/$/, '');
    const found = find(this.#root, levels === '' ? [] : levels.split('/').map(decode), 0, {});
    const method = found?.node.methods.get(httpMethod) ?? found?.node.methods.get('ANY');
    if (found === undefined || method === undefined) return undefined;
    const { resourceId, resourcePath } = found.node;

    return { method, resourceId, resourcePath, pathParameters: found.parameters };
  }
}

function find(
  node: Node,
  levels: readonly string[],
  depth: number,
  parameters: Readonly<Record<string, string>>,
): Found | undefined {
  const level = levels[depth];
  if (level === undefined) return node.methods.size > 0 ? { node, parameters } : undefined;
  const { fixed, parameter, greedy } = node;
  const next = fixed.get(level);
  const exact = next === undefined ? undefined : find(next, levels, depth + 1, parameters);
  if (exact !== undefined) return exact;
  if (parameter !== undefined && level !== '') {
    const found = find(parameter.node, levels, depth + 1, { ...parameters, [parameter.name]: level });
    if (found !== undefined) return found;
  }
  if (greedy === undefined || greedy.node.methods.size === 0) return undefined;

  return { node: greedy.node, parameters: { ...parameters, [greedy.name]: levels.slice(depth).join('/') } };
}

function addChild(parent: Node, { id, pathPart }: GatewayResource): Node {
  const node = makeNode(id, `${parent.resourcePath === '/' ? '' : parent.resourcePath}/${pathPart}`);
  const [, name, plus] = /^\{([^{}+]+)(\+?)\}$/.exec(pathPart) ?? [];
  if (name === undefined) parent.fixed.set(pathPart, node);
  else if (plus === '+') parent.greedy = { name, node };
  else parent.parameter = { name, node };

  return node;
}

function makeNode(resourceId: string, resourcePath: string): Node {
  return { resourceId, resourcePath, fixed: new Map(), parameter: undefined, greedy: undefined, methods: new Map() };
}

/** A level that is no percent-encoded text stands for itself. */
function decode(level: string): string {
  try {
    return decodeURIComponent(level);
  } catch {
    return level;
  }
}
