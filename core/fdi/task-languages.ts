import type { CompileExpression } from './expression.ts';
import type { PayloadParser } from './message.ts';
import type { TopicTask } from './topic-task.ts';

/** What only some tasks need; a consumer loads it when its task does. */
export interface TaskLanguages {
  readonly xml?: PayloadParser;
  readonly compile?: CompileExpression;
}

export type Language = 'xml' | 'expressions';

/** Which of them the task needs. */
export function languagesOf({
  source,
  mapping,
}: Pick<TopicTask, 'mapping'> & { source: Pick<TopicTask['source'], 'dataType'> }): readonly Language[] {
  const computes = mapping !== 'by-name' && mapping.some((entry) => 'expression' in entry);

  return [...(source.dataType === 'XML' ? (['xml'] as const) : []), ...(computes ? (['expressions'] as const) : [])];
}
