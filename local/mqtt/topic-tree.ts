interface Node<T> {
  readonly levels: Map<string, Node<T>>;
  /** What hangs on the filter that ends here, and on this one with `/#`. */
  readonly here: Set<T>;
  readonly below: Set<T>;
}

/**
 * Topic filters and what hangs on them. Matches as AWS does: `a/#` covers `a/` and `a/b` but not `a` (the standard says
 * otherwise), and a leading wildcard does not cover topics that begin with `$` [MQTT-4.7.2-1].
 * https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt-differences
 */
export class TopicTree<T> {
  readonly #root: Node<T> = emptyNode();

  add(filter: string, value: T): void {
    const { node, below } = this.#place(filter);
    (below ? node.below : node.here).add(value);
  }

  delete(filter: string, value: T): void {
    const { node, below } = this.#place(filter);
    (below ? node.below : node.here).delete(value);
    prune(this.#root, filter.split('/'), 0);
  }

  /** Every value whose filter covers the topic, each once. */
  match(topic: string): ReadonlySet<T> {
    const found = new Set<T>();
    collect(this.#root, topic.split('/'), 0, found);

    return found;
  }

  #place(filter: string): { node: Node<T>; below: boolean } {
    const levels = filter.split('/');
    const below = levels.at(-1) === '#';
    let node = this.#root;
    for (const level of below ? levels.slice(0, -1) : levels) {
      let next = node.levels.get(level);
      if (next === undefined) {
        next = emptyNode();
        node.levels.set(level, next);
      }
      node = next;
    }

    return { node, below };
  }
}

function collect<T>(node: Node<T>, levels: readonly string[], depth: number, found: Set<T>): void {
  if (depth === levels.length) {
    for (const value of node.here) found.add(value);
    return;
  }
  const level = levels[depth] as string;
  const wild = depth > 0 || !level.startsWith('$');
  if (wild) for (const value of node.below) found.add(value);
  const exact = node.levels.get(level);
  if (exact !== undefined) collect(exact, levels, depth + 1, found);
  const plus = wild ? node.levels.get('+') : undefined;
  if (plus !== undefined) collect(plus, levels, depth + 1, found);
}

/** Forgets nodes that hold nothing any more: client ids come and go in topics. */
function prune<T>(node: Node<T>, levels: readonly string[], depth: number): boolean {
  const level = levels[depth];
  const next = level === undefined ? undefined : node.levels.get(level);
  if (level !== undefined && next !== undefined && prune(next, levels, depth + 1)) node.levels.delete(level);

  return node.levels.size + node.here.size + node.below.size === 0;
}

function emptyNode<T>(): Node<T> {
  return { levels: new Map(), here: new Set(), below: new Set() };
}
