import { arn } from '../account.ts';
import { TemplateError } from '../errors.ts';
import type { Stack } from './assembly.ts';
import { resolveCondition, resolveIntrinsics, type Scope } from './intrinsics.ts';
import type { Applied } from './resource.ts';

/** What stacks tell one another: exports by name, and every output by stack. */
export interface Outputs {
  readonly exports: Map<string, unknown>;
  readonly outputs: Map<string, ReadonlyMap<string, string>>;
}

export interface StackScope extends Scope {
  /** Makes a resource's `Ref` and attributes visible to those that follow. */
  applied(logicalId: string, result: Applied): void;
  /** A resource that does nothing locally: whatever is asked of it has a value, and means nothing. */
  inert(logicalId: string, ref: string): void;
}

/** The modern bootstrap's version check: it asks SSM for the version of a bootstrap stack, which nothing here needs. */
export const BOOTSTRAP_VERSION = 'BootstrapVersion';

export function createStackScope(stack: Stack, shared: Outputs): StackScope {
  const { Parameters = {}, Mappings = {}, Conditions = {} } = stack.template;
  const results = new Map<string, Applied>();
  const inert = new Set<string>();
  const conditions = new Map<string, boolean>();

  const scope: StackScope = {
    stack: stack.name,
    applied: (logicalId, result) => {
      results.set(logicalId, result);
    },
    inert: (logicalId, ref) => {
      inert.add(logicalId);
      results.set(logicalId, { ref });
    },
    ref(name) {
      const parameter = Parameters[name];
      if (parameter !== undefined) return parameterValue(stack.name, name, parameter);

      return resultOf(name, 'Ref').ref;
    },
    attribute(logicalId, attribute) {
      const result = resultOf(logicalId, `Fn::GetAtt ${attribute}`);
      if (inert.has(logicalId)) return inertAttribute(result.ref, attribute);
      const value = attributeOf(result.attributes ?? {}, attribute);
      if (value === undefined) {
        const known = Object.keys(result.attributes ?? {}).join(', ') || 'none';
        throw new TemplateError(
          `stack ${stack.name}: ${logicalId} has no attribute ${attribute} locally; it has: ${known}`,
        );
      }
      return value;
    },
    condition(name) {
      const known = conditions.get(name);
      if (known !== undefined) return known;
      if (!(name in Conditions)) throw new TemplateError(`stack ${stack.name}: there is no condition ${name}`);
      const value = resolveCondition(Conditions[name], scope);
      conditions.set(name, value);

      return value;
    },
    mapping(map, first, second) {
      const value = Mappings[map]?.[first]?.[second];
      if (value === undefined) {
        throw new TemplateError(`stack ${stack.name}: the mapping ${map} has no entry ${first}/${second}`);
      }
      return value;
    },
    imported(name) {
      if (!shared.exports.has(name)) throw new TemplateError(`stack ${stack.name}: nothing exports ${name}`);

      return shared.exports.get(name);
    },
    stackOutput(other, output) {
      const value = shared.outputs.get(other)?.get(output);
      if (value === undefined) throw new TemplateError(`stack ${stack.name}: ${other} has no output ${output}`);

      return value;
    },
  };

  const resultOf = (logicalId: string, use: string): Applied => {
    const result = results.get(logicalId);
    if (result === undefined) {
      throw new TemplateError(`stack ${stack.name}: ${use} refers to ${logicalId}, which the template does not create`);
    }
    return result;
  };

  return scope;
}

/** Evaluates a stack's outputs, in template order, and adds its exports to those of the app. */
export function publishOutputs(stack: Stack, scope: Scope, shared: Outputs): void {
  const outputs = new Map<string, string>();
  for (const [name, output] of Object.entries(stack.template.Outputs ?? {})) {
    if (output.Condition !== undefined && !scope.condition(output.Condition)) continue;
    const value = resolveIntrinsics(output.Value, scope);
    outputs.set(name, String(value));
    if (output.Export !== undefined) {
      const exportName = String(resolveIntrinsics(output.Export.Name, scope));
      if (shared.exports.has(exportName)) {
        throw new TemplateError(`stack ${stack.name}: another stack exports ${exportName} already`);
      }
      // The value itself, not its text: a list stays a list for the stack that imports it.
      shared.exports.set(exportName, value);
    }
  }
  shared.outputs.set(stack.name, outputs);
}

function parameterValue(stack: string, name: string, parameter: { Type: string; Default?: unknown }): unknown {
  if (parameter.Type.startsWith('AWS::SSM::') || parameter.Default === undefined) {
    throw new TemplateError(
      `stack ${stack}: the parameter ${name} (${parameter.Type}) has no value locally; give it a Default`,
    );
  }
  if (parameter.Type === 'CommaDelimitedList' || parameter.Type.startsWith('List<')) {
    return String(parameter.Default)
      .split(',')
      .map((item) => item.trim());
  }
  return String(parameter.Default);
}

function inertAttribute(ref: string, attribute: string): string {
  return attribute.endsWith('Arn') ? arn('local', `inert/${ref}`) : `${ref}-${attribute}`;
}

/** `Endpoint.Address` may be a key of its own or a member of a nested object. */
function attributeOf(attributes: Readonly<Record<string, unknown>>, name: string): unknown {
  if (name in attributes) return attributes[name];
  let value: unknown = attributes;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
