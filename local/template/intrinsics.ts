import { Buffer } from 'node:buffer';
import { ACCOUNT, PARTITION, REGION } from '../account.ts';
import { TemplateError } from '../errors.ts';
import { getAttTarget } from './references.ts';
import { substitute } from './sub.ts';

/** What the intrinsic functions of one stack look things up in. */
export interface Scope {
  readonly stack: string;
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
  imported(exportName: string): unknown;
  stackOutput(stack: string, output: string): unknown;
}

/** `AWS::NoValue`: the property, or list member, that holds it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

const PSEUDO_PARAMETERS: Readonly<Record<string, unknown>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': PARTITION,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::NotificationARNs': [],
  'AWS::NoValue': NO_VALUE,
};

/** Whether every zone a template may ask for exists does not matter here: three, as in the smallest regions. */
const ZONES = ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`);

/** Resolves every intrinsic function in a value. Dynamic references (`{{resolve:…}}`) stay as they are. */
export function resolveIntrinsics(value: unknown, scope: Scope): unknown {
  const resolved = resolveValue(value, scope);

  return resolved === NO_VALUE ? undefined : resolved;
}

/** A condition's value: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`, `Condition`. */
export function resolveCondition(value: unknown, scope: Scope): boolean {
  const resolved = resolveValue(value, scope);
  if (typeof resolved !== 'boolean') {
    throw new TemplateError(`stack ${scope.stack}: ${JSON.stringify(value)} is no condition`);
  }
  return resolved;
}

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (name, scope) => refer(String(name), scope),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, attribute] = getAttTarget(argument);

    return scope.attribute(logicalId, String(resolveValue(attribute, scope)));
  },
  'Fn::Join': (argument, scope) => {
    const [delimiter, items] = listOf(argument, 2, 'Fn::Join', scope);

    return listOf(items, undefined, 'Fn::Join', scope)
      .map((item) => text(item, 'Fn::Join', scope))
      .join(String(delimiter));
  },
  'Fn::Split': (argument, scope) => {
    const [delimiter, source] = listOf(argument, 2, 'Fn::Split', scope);

    return text(source, 'Fn::Split', scope).split(String(delimiter));
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = listOf(argument, 2, 'Fn::Select', scope);
    const list = listOf(items, undefined, 'Fn::Select', scope);
    const item = list[Number(index)];
    if (item === undefined) refuse(scope, 'Fn::Select', `there is no item ${index} in ${JSON.stringify(list)}`);

    return item;
  },
  'Fn::Sub': (argument, scope) => {
    const [source, variables] = Array.isArray(argument) ? argument : [argument, {}];
    const own = resolveValue(variables, scope) as Readonly<Record<string, unknown>>;

    return substitute(String(source), (name) => {
      if (name in own) return text(own[name], 'Fn::Sub', scope);
      const [target, attribute] = getAttTarget(name);
      const value = attribute === '' ? refer(target, scope) : scope.attribute(target, String(attribute));

      return text(value, 'Fn::Sub', scope);
    });
  },
  'Fn::Base64': (argument, scope) =>
    Buffer.from(text(resolveValue(argument, scope), 'Fn::Base64', scope)).toString('base64'),
  'Fn::GetAZs': () => ZONES,
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = listOf(argument, 3, 'Fn::FindInMap', scope);

    return scope.mapping(String(map), String(first), String(second));
  },
  'Fn::ImportValue': (argument, scope) => scope.imported(text(resolveValue(argument, scope), 'Fn::ImportValue', scope)),
  'Fn::GetStackOutput': (argument, scope) => {
    const { StackName, OutputName, Region, RoleArn } = resolveValue(argument, scope) as Readonly<
      Record<string, unknown>
    >;
    if ((Region !== undefined && Region !== REGION) || RoleArn !== undefined) {
      refuse(scope, 'Fn::GetStackOutput', `there is one account and one region here (${ACCOUNT}, ${REGION})`);
    }
    return scope.stackOutput(String(StackName), String(OutputName));
  },
  'Fn::If': (argument, scope) => {
    // Only the branch that is taken is resolved: the other may refer to a resource that its condition leaves out.
    const [condition, yes, no] = rawList(argument, 3, 'Fn::If', scope);

    return resolveValue(scope.condition(String(condition)) ? yes : no, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = listOf(argument, 2, 'Fn::Equals', scope);

    return JSON.stringify(left) === JSON.stringify(right) || String(left) === String(right);
  },
  'Fn::Not': (argument, scope) => !resolveCondition(rawList(argument, 1, 'Fn::Not', scope)[0], scope),
  'Fn::And': (argument, scope) =>
    rawList(argument, undefined, 'Fn::And', scope).every((one) => resolveCondition(one, scope)),
  'Fn::Or': (argument, scope) =>
    rawList(argument, undefined, 'Fn::Or', scope).some((one) => resolveCondition(one, scope)),
};

function resolveValue(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => resolveValue(item, scope)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [''];
  if (entries.length === 1 && name !== undefined) {
    const intrinsic = INTRINSICS[name];
    if (intrinsic !== undefined) return intrinsic(argument, scope);
    // In a condition `Condition` refers to another one; elsewhere (a policy's statement) it is an ordinary key.
    if (name === 'Condition' && typeof argument === 'string') return scope.condition(argument);
    if (name.startsWith('Fn::')) {
      throw new TemplateError(`stack ${scope.stack}: the intrinsic function ${name} is not served locally`);
    }
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, resolveValue(item, scope)]).filter(([, item]) => item !== NO_VALUE),
  );
}

function refer(name: string, scope: Scope): unknown {
  if (name in PSEUDO_PARAMETERS) return PSEUDO_PARAMETERS[name];
  if (name === 'AWS::StackName') return scope.stack;
  if (name === 'AWS::StackId') return stackId(scope.stack);

  return scope.ref(name);
}

/** A stack's id; the last part of the real one is random, here it is fixed: nothing depends on it. */
export function stackId(stack: string): string {
  return `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${stack}/local`;
}

function listOf(argument: unknown, length: number | undefined, name: string, scope: Scope): readonly unknown[] {
  return rawList(resolveValue(argument, scope), length, name, scope);
}

function rawList(argument: unknown, length: number | undefined, name: string, scope: Scope): readonly unknown[] {
  if (!Array.isArray(argument) || (length !== undefined && argument.length !== length)) {
    refuse(
      scope,
      name,
      `received ${JSON.stringify(argument)}; allowed: a list${length === undefined ? '' : ` of ${length}`}`,
    );
  }
  return argument as readonly unknown[];
}

function text(value: unknown, name: string, scope: Scope): string {
  if (typeof value === 'object' || value === undefined) {
    refuse(scope, name, `received ${JSON.stringify(value)}; allowed: text`);
  }
  return String(value);
}

function refuse(scope: Scope, name: string, reason: string): never {
  throw new TemplateError(`stack ${scope.stack}: ${name}: ${reason}`);
}
