import { TemplateError } from '../errors.ts';
import type { Stack } from './assembly.ts';
import { INERT } from './inert.ts';
import { references } from './references.ts';
import type { Resource } from './resource.ts';
import { BOOTSTRAP_VERSION } from './stack-scope.ts';
import type { Template } from './template.ts';

const SECTIONS = new Set([
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
  'Rules',
]);

/** Refuses, all at once and before anything starts, whatever the stacks hold that the runtime does not run. */
export function checkStacks(stacks: readonly Stack[], resources: ReadonlyMap<string, Resource>): void {
  const found = stacks.flatMap((stack) => [
    ...unknownSections(stack),
    ...unknownTypes(stack, resources),
    ...danglingReferences(stack),
  ]);
  if (found.length > 0) {
    throw new TemplateError(
      `the local runtime cannot run this template:\n${found.map((one) => `- ${one}`).join('\n')}`,
    );
  }
}

/** The resource that runs a type: its own, or the one for every custom resource. Undefined: inert or unknown. */
export function resourceFor(type: string, resources: ReadonlyMap<string, Resource>): Resource | undefined {
  if (type in INERT) return undefined;

  return resources.get(type) ?? (isCustom(type) ? resources.get('Custom::*') : undefined);
}

/** `Custom::Anything` and `AWS::CloudFormation::CustomResource` are the same thing. */
export function isCustom(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

function unknownTypes({ name, template }: Stack, resources: ReadonlyMap<string, Resource>): readonly string[] {
  return Object.entries(template.Resources ?? {})
    .filter(([, { Type }]) => !(Type in INERT) && resourceFor(Type, resources) === undefined)
    .map(([logicalId, { Type }]) => `${name}/${logicalId}: resources of type ${Type} are not run locally`);
}

function unknownSections({ name, template }: Stack): readonly string[] {
  return Object.keys(template)
    .filter((section) => !SECTIONS.has(section))
    .map((section) => `${name}: the template section ${section} is not served locally`);
}

function danglingReferences({ name, template }: Stack): readonly string[] {
  return Object.entries(template.Resources ?? {}).flatMap(([logicalId, { Properties, DependsOn = [] }]) => {
    const dependencies = typeof DependsOn === 'string' ? [DependsOn] : DependsOn;

    return [...new Set([...references(Properties), ...dependencies])]
      .filter((target) => !isKnown(target, template))
      .map((target) => `${name}/${logicalId}: refers to ${target}, which the template does not have`);
  });
}

function isKnown(target: string, { Resources = {}, Parameters = {} }: Template): boolean {
  return target.startsWith('AWS::') || target === BOOTSTRAP_VERSION || target in Resources || target in Parameters;
}
