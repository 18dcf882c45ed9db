import type { Explanation, RefusedCall } from '../../core/apic/explain-refusal.ts';
import { askFunction } from './ask-function.ts';
import { environment } from './environment.ts';

/** What `apic/explain-refusal` is asked: a refused call of an API, its body as hashes only. */
export interface ExplainQuestion extends RefusedCall {
  readonly api: string;
}

export interface ExplainAnswer {
  readonly explanation: Explanation;
}

/** Has a refusal explained by the function of the group that may read the apps' secrets (`EXPLAIN_FUNCTION`). */
export async function askExplanation(question: ExplainQuestion): Promise<Explanation> {
  const { explanation } = (await askFunction(environment('EXPLAIN_FUNCTION'), question)) as ExplainAnswer;

  return explanation;
}
