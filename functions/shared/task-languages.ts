import type { CompileExpression } from '../../core/fdi/expression.ts';
import type { PayloadParser } from '../../core/fdi/message.ts';
import { languagesOf, type TaskLanguages } from '../../core/fdi/task-languages.ts';
import { codeBeside } from './code-beside.ts';

/** What the task needs to be read, loaded from beside the function. */
export async function taskLanguages(task: Parameters<typeof languagesOf>[0]): Promise<TaskLanguages> {
  const needed = languagesOf(task);

  return {
    ...(needed.includes('xml') && {
      xml: (await codeBeside<{ xmlParser: PayloadParser }>('languages/xml.mjs')).xmlParser,
    }),
    ...(needed.includes('expressions') && {
      compile: (await codeBeside<{ compileExpression: CompileExpression }>('languages/expressions.mjs'))
        .compileExpression,
    }),
  };
}
