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
  let verdict: Verdict = 'implicitly denied';
  for (const statement of statements) {
    if (!namesAction(statement, request.action) || !applies(statement, request)) continue;
    if (statement.effect === 'Deny') return 'explicitly denied';
    verdict = 'allowed';
  }

  return verdict;
}

/** Whether a statement says anything of an action, of whatever resource. */
export function namesAction({ actions }: Statement, action: string): boolean {
  const lowered = action.toLowerCase();

  return matches(actions, (value) => matchesWildcard(value.toLowerCase(), lowered));
}

function applies({ resources, conditions }: Statement, request: IamRequest): boolean {
  return (
    (resources === undefined || matchesResource(resources, request)) &&
    // The keys of a request are looked at only where a statement speaks of any.
    (conditions.length === 0 || conditionsHold(conditions, request.keys))
  );
}

function matchesResource(resources: Pattern, request: IamRequest): boolean {
  return matches(resources, (value) =>
    matchesWildcard(value.includes('${') ? withVariables(value, request.keys) : value, request.resource),
  );
}

function withVariables(value: string, keys: ConditionKeys): string {
  const variables = new Map(Object.entries(keys).map(([key, one]) => [key.toLowerCase(), one]));

  return replaceVariables(value, variables, true);
}

function matches({ not, values }: Pattern, fits: (value: string) => boolean): boolean {
  return values.some(fits) !== not;
}
