import type { FunctionLog, FunctionSource } from '../../../core/apic/api-function.ts';
import type { SqlValue } from '../../../core/apic/bound-statement.ts';
import type { SourceValue } from '../../../core/apic/script/source-value.ts';
import { InvalidSetting } from '../../../core/errors.ts';
import { callSources, type SourceSettings } from '../sources/call-sources.ts';
import { createSourcePool, type SourcePool } from '../sources/source-pool.ts';

/** The sources of one call of a function: a session each, from its first statement to the call's end. */
export interface FunctionSources {
  /** @throws InvalidSetting for a name the stack does not declare */
  source(name: string): FunctionSource;
  /** What is open is rolled back, what still runs is ended. */
  end(): Promise<void>;
}

/** The call a function works for. */
interface Work {
  /** Aborted when its time is over or it is answered. */
  readonly signal: AbortSignal;
  readonly log: Pick<FunctionLog, 'error'>;
  readonly remainingMs: () => number;
}

type Run = (statement: string, values: readonly SourceValue[]) => Promise<unknown>;
type Arguments = readonly [statement: string | TemplateStringsArray, ...values: readonly unknown[]];

let shared: SourcePool | undefined;

export function functionSources(
  declared: Readonly<Record<string, SourceSettings>>,
  { signal, log, remainingMs }: Work,
  pool: SourcePool = ownPool(),
): FunctionSources {
  const sources = callSources(pool, remainingMs);
  const queues = new Map<string, Promise<unknown>>();

  /** A session runs one statement at a time, and functions may ask for several at once. */
  function queued(settings: SourceSettings): Run {
    const key = JSON.stringify(settings);

    return (statement, values) => {
      if (signal.aborted) {
        log.error('a statement came when the call was over and did not run: await what the function does');

        return new Promise<never>(() => undefined);
      }
      const before = queues.get(key) ?? Promise.resolve();
      const running = before.then(() => sources.execute(settings, statement, values));
      queues.set(
        key,
        running.catch(() => undefined),
      );

      return running;
    };
  }

  let ended: Promise<void> | undefined;
  const end = () => {
    ended ??= sources.end();

    return ended;
  };
  signal.addEventListener('abort', () => void end().catch(() => undefined), { once: true });

  return {
    source(name) {
      const settings = Object.hasOwn(declared, name) ? declared[name] : undefined;
      if (settings === undefined) {
        throw new InvalidSetting(
          'source',
          name,
          Object.keys(declared).join(', ') || 'none: the stack declares no sources',
        );
      }

      return statementsOf(queued(settings));
    },
    end,
  };
}

function statementsOf(run: Run): FunctionSource {
  return {
    query: async (...given: Arguments) => {
      const rows = await run(...renderedOf(given));
      if (!Array.isArray(rows)) {
        throw new InvalidSetting(
          'query',
          rows,
          'a statement that answers rows; `execute` is for those that change some',
        );
      }

      return rows as never;
    },
    execute: async (...given: Arguments) => {
      const answer = await run(...renderedOf(given));

      return Array.isArray(answer) ? answer.length : Number(answer);
    },
    run: (command, ...values) => run(command, values.map(boundValue)),
  };
}

/** A list in a tagged template becomes as many places as it has values. */
function renderedOf([statement, ...values]: Arguments): [statement: string, values: SourceValue[]] {
  if (typeof statement === 'string') {
    return [statement, ((values[0] ?? []) as readonly SqlValue[]).map(boundValue)];
  }
  const lists = values.map((value) => (Array.isArray(value) ? (value as SqlValue[]) : [value as SqlValue]));
  const empty = lists.findIndex((list) => list.length === 0);
  if (empty >= 0) {
    throw new InvalidSetting(
      `statement: value ${empty + 1}`,
      '[]',
      'a list with at least one value: `IN ()` is no SQL',
    );
  }
  const text = statement.map((part, index) => part + (lists[index]?.map(() => '?').join(', ') ?? '')).join('');

  return [text, lists.flat().map(boundValue)];
}

function boundValue(value: SqlValue): SourceValue {
  if (value === null || value === undefined) {
    return null;
  }
  if (value instanceof Date) {
    return value.toISOString().slice(0, 23).replace('T', ' ');
  }

  return typeof value === 'bigint' ? String(value) : value;
}

/** Sessions live as long as the function's container. */
function ownPool(): SourcePool {
  shared ??= createSourcePool();

  return shared;
}
