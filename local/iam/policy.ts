import { TemplateError } from '../errors.ts';
import { OPERATORS, operatorOf } from './condition.ts';

/** One statement of a policy document, its lists made plain. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: Pattern;
  /** Absent in a trust policy: it has no resources. */
  readonly resources?: Pattern;
  readonly conditions: readonly Condition[];
  /** Service principals; only trust policies and resource policies have them. */
  readonly services: readonly string[];
  /** Accounts and ARNs of principals, where `services` has services. */
  readonly principals: readonly string[];
}

/** `Action` or `NotAction`, `Resource` or `NotResource`. */
export interface Pattern {
  readonly not: boolean;
  readonly values: readonly string[];
}

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

type Document = Readonly<Record<string, unknown>>;

const ELEMENTS = new Set(['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition', 'Principal']);

/**
 * Reads a policy document and refuses what the evaluation does not know, by name: a statement that is silently not
 * understood would allow or deny something else than AWS does.
 * @param name what to call the policy in a message
 */
export function readPolicy(name: string, document: unknown): readonly Statement[] {
  const { Statement: statements } = (document ?? {}) as Document;
  if (statements === undefined) throw new TemplateError(`policy ${name}: it has no Statement`);

  return listOf(statements).map((statement) => readStatement(name, statement as Document));
}

function readStatement(name: string, statement: Document): Statement {
  const unknown = Object.keys(statement).find((element) => !ELEMENTS.has(element));
  if (unknown !== undefined) throw new TemplateError(`policy ${name}: the element ${unknown} is not known here`);
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw new TemplateError(`policy ${name}: Effect: received ${JSON.stringify(effect)}; allowed: Allow, Deny`);
  }
  const actions = pattern(statement, 'Action', 'NotAction');
  if (actions === undefined) throw new TemplateError(`policy ${name}: a statement has neither Action nor NotAction`);
  const resources = pattern(statement, 'Resource', 'NotResource');

  return {
    effect,
    actions,
    ...(resources === undefined ? {} : { resources }),
    conditions: readConditions(name, statement['Condition']),
    services: readPrincipals(statement['Principal'], 'Service'),
    principals: readPrincipals(statement['Principal'], 'AWS'),
  };
}

function pattern(statement: Document, element: string, negated: string): Pattern | undefined {
  if (statement[element] !== undefined) return { not: false, values: texts(statement[element]) };
  if (statement[negated] !== undefined) return { not: true, values: texts(statement[negated]) };

  return undefined;
}

function readConditions(name: string, block: unknown): readonly Condition[] {
  return Object.entries((block ?? {}) as Document).flatMap(([operator, keys]) => {
    if (operatorOf(operator) === undefined) {
      throw new TemplateError(
        `policy ${name}: the condition operator ${operator} is not known here; known: ${OPERATORS.join(', ')}`,
      );
    }
    return Object.entries(keys as Document).map(([key, values]) => ({ operator, key, values: texts(values) }));
  });
}

function readPrincipals(principal: unknown, kind: 'Service' | 'AWS'): readonly string[] {
  if (principal === '*') return ['*'];

  return texts(((principal ?? {}) as Document)[kind]);
}

function texts(value: unknown): readonly string[] {
  return value === undefined ? [] : listOf(value).map(String);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
