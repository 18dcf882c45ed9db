import { TemplateError } from '../errors.ts';
import { references } from './references.ts';
import type { ResourceDeclaration } from './template.ts';

/**
 * The given names, dependencies before dependants, otherwise in the given order.
 * @param refuse makes the error for a circle, named once around
 */
export function sortByDependencies(
  names: readonly string[],
  dependenciesOf: (name: string) => readonly string[],
  refuse: (cycle: readonly string[]) => Error,
): readonly string[] {
  const sorted = new Set<string>();
  const path: string[] = [];

  const visit = (name: string) => {
    if (sorted.has(name)) return;
    if (path.includes(name)) throw refuse([...path.slice(path.indexOf(name)), name]);
    path.push(name);
    for (const dependency of dependenciesOf(name)) visit(dependency);
    path.pop();
    sorted.add(name);
  };
  for (const name of names) visit(name);

  return [...sorted];
}

/** Logical ids of a stack's resources in the order they are applied: `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn` count. */
export function applyOrder(stack: string, resources: Readonly<Record<string, ResourceDeclaration>>): readonly string[] {
  return sortByDependencies(
    Object.keys(resources),
    (logicalId) => dependenciesOf(resources[logicalId] as ResourceDeclaration).filter((name) => name in resources),
    (cycle) => new TemplateError(`stack ${stack}: its resources need one another in a circle: ${cycle.join(' → ')}`),
  );
}

function dependenciesOf(declaration: ResourceDeclaration): readonly string[] {
  const { DependsOn = [] } = declaration;

  return [...(typeof DependsOn === 'string' ? [DependsOn] : DependsOn), ...references(declaration.Properties)];
}
