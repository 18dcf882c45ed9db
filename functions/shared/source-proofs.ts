import type { ProofPorts } from '../../core/fdi/prove-sources.ts';
import type { SideReply, TaskSource } from '../../core/fdi/task-source.ts';
import { askFunction } from './ask-function.ts';
import { catalogTable } from './tables.ts';

/** What is on record of tests, in the catalogue; and the functions that make them. */
export function sourceProofs(): ProofPorts {
  const catalog = catalogTable();

  return {
    async find(name) {
      const item = await catalog.get({ kind: 'source', name });

      return item && (item.document as unknown as TaskSource);
    },
    async note(name, tested) {
      const key = { kind: 'source' as const, name };
      const item = await catalog.get(key);
      if (item !== undefined) {
        await catalog.update(key, { document: { ...item.document, tested } });
      }
    },
    ask: (functionArn, question) => askFunction(functionArn, question) as Promise<SideReply>,
    now: () => new Date(),
  };
}
