import { InvalidSetting } from '../errors.ts';
import { type Path, parsePath } from './path.ts';
import type { ObjectCells } from './run-object-plan.ts';

/** A member that holds others, by name or by position, or the number of a cell. */
type Node = number | { readonly kind: 'object' | 'list'; readonly members: Map<string | number, Node> };

/**
 * Writes cells as one object of JSON, without blanks: `customer.name` lies in `customer`, `lines[0].sku` in the first of the list `lines`.
 *
 * @param where the setting's place, for the message
 * @throws InvalidSetting for names that do not go together
 */
export function nestedObject(names: readonly string[], where: string): (cells: ObjectCells) => string {
  const root: Node = { kind: 'object', members: new Map() };
  for (const [cell, name] of names.entries()) {
    put(root, pathOf(name, where), cell, { name, where });
  }
  const pieces: (string | number)[] = [];
  write(root, pieces, where);

  return (cells) => pieces.map((piece) => (typeof piece === 'number' ? (cells[piece] ?? 'null') : piece)).join('');
}

function pathOf(name: string, where: string): Path {
  try {
    const path = parsePath(name, where);
    if (typeof path[0] === 'string' && !name.startsWith('$')) {
      return path;
    }
  } catch (error) {
    if (!(error instanceof InvalidSetting)) {
      throw error;
    }
  }
  throw new InvalidSetting(`${where}[${name}]`, name, 'names joined by `.`, positions of lists as `[0]`');
}

function put(
  root: Exclude<Node, number>,
  path: Path,
  cell: number,
  { name, where }: { readonly name: string; readonly where: string },
): void {
  let node = root;
  for (const [at, step] of path.entries()) {
    const known = node.members.get(step);
    const next = path[at + 1];
    if (next === undefined) {
      if (known !== undefined) {
        throw lyingIn(name, where);
      }
      node.members.set(step, cell);
      return;
    }
    const kind = typeof next === 'number' ? 'list' : 'object';
    const inner = known ?? { kind, members: new Map() };
    if (typeof inner === 'number' || inner.kind !== kind) {
      throw lyingIn(name, where);
    }
    node.members.set(step, inner);
    node = inner;
  }
}

function lyingIn(name: string, where: string): InvalidSetting {
  return new InvalidSetting(
    `${where}[${name}]`,
    name,
    'no name that another one lies in, and of a member either names or positions',
  );
}

/** Members in the order of the mapping, those of a list in that of their positions; a cell's number stands for its text. */
function write(node: Node, pieces: (string | number)[], where: string): void {
  if (typeof node === 'number') {
    pieces.push(node);
    return;
  }
  const { kind, members } = node;
  pieces.push(kind === 'list' ? '[' : '{');
  const entries = kind === 'list' ? positions(members, where) : [...members];
  for (const [at, [name, member]] of entries.entries()) {
    pieces.push(`${at === 0 ? '' : ','}${kind === 'list' ? '' : `${JSON.stringify(name)}:`}`);
    write(member, pieces, where);
  }
  pieces.push(kind === 'list' ? ']' : '}');
}

function positions(members: ReadonlyMap<string | number, Node>, where: string): readonly [number, Node][] {
  return Array.from({ length: members.size }, (_, at) => {
    const member = members.get(at);
    if (member === undefined) {
      const found = [...members.keys()].map((position) => `[${position}]`);
      throw new InvalidSetting(where, found.join(', '), 'the positions of a list without a gap: [0], [1], …');
    }

    return [at, member];
  });
}
