import { type ConditionKeys, conditionsHold, replaceVariables } from './condition.ts';
import type { Pattern, Statement } from './policy.ts';
import { matchesWildcard } from './wildcard.ts';

export interface IamRequest {
  readonly action: string;
  readonly resource: string;
  readonly keys: ConditionKeys;
}

export type Verdict = 'allowed' | 'implicitly denied' | 'explicitly denied';

/**
 * A deny wins over every allow; without an allow nothing is allowed.
 * Ref: IAM/latest/UserGuide/reference_policies_evaluation-logic
 */
export function evaluate(statements: readonly Statement[], request: IamRequest): Verdict {
  const matching = statements.filter((statement) => applies(statement, request));
  if (matching.some(({ effect }) => effect === 'Deny')) return 'explicitly denied';

  return matching.some(({ effect }) => effect === 'Allow') ? 'allowed' : 'implicitly denied';
}

function applies({ actions, resources, conditions }: Statement, { action, resource, keys }: IamRequest): boolean {
  const lowered = action.toLowerCase();

  return (
    matches(actions, (value) => matchesWildcard(value.toLowerCase(), lowered)) &&
    (resources === undefined || matchesResource(resources, resource, keys)) &&
    conditionsHold(conditions, keys)
  );
}

function matchesResource(resources: Pattern, resource: string, keys: ConditionKeys): boolean {
  const variables = new Map(Object.entries(keys).map(([key, value]) => [key.toLowerCase(), value]));

  return matches(resources, (value) => matchesWildcard(replaceVariables(value, variables, true), resource));
}

function matches({ not, values }: Pattern, fits: (value: string) => boolean): boolean {
  return values.some(fits) !== not;
}
