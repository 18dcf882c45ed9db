import { languagesOf } from '../../core/fdi/task-languages.ts';
import type { HandlerParts } from '../platform/handler-code.ts';

/** What a task's function loads when its task needs it. */
export function languageParts(task: Parameters<typeof languagesOf>[0]): HandlerParts {
  return Object.fromEntries(languagesOf(task).map((name) => [`languages/${name}.mjs`, { entry: `languages/${name}` }]));
}
