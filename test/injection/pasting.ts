import type { ApiParameter } from '../../core/apic/api-definition.ts';
import type { ParameterValues } from '../../core/apic/parameter-value.ts';
import type { SqlTemplate } from '../../core/apic/sql-template.ts';

/**
 * Makes of a value what is pasted between quotes: the ways this is done wrong.
 *
 * - `raw`: as it is
 * - `doubled`: quotes doubled, which a backslash undoes
 * - `escaped`: quotes and backslashes escaped with backslashes, which NO_BACKSLASH_ESCAPES undoes
 */
export const PASTES = {
  raw: (text: string) => text,
  doubled: (text: string) => text.replaceAll("'", "''").replaceAll('"', '""'),
  escaped: (text: string) => text.replaceAll(/['"\\]/g, '\\$&').replaceAll('\0', '\\0'),
} as const;

/** In place of `sqlTemplate`: statements whose values are pasted, never bound, as existing systems do. */
export function pastingTemplate(paste: (text: string) => string) {
  return (sql: string, parameters: readonly ApiParameter[]): SqlTemplate => ({
    lists: new Set([...sql.matchAll(/IN \(\$\{(\w+)\}\)/g)].map(([, name]) => name as string)),
    render: (values) => ({ sql: pasted(sql, parameters, values, paste), parameters: [] }),
  });
}

function pasted(
  sql: string,
  parameters: readonly ApiParameter[],
  values: ParameterValues,
  paste: (text: string) => string,
): string {
  const numbers = new Set(parameters.filter(({ type }) => type !== 'string').map(({ name }) => name));
  const textOf = (name: string, quoted: boolean) =>
    [values.get(name) ?? []]
      .flat()
      .map((value) => paste(String(value)))
      .map((text) => (quoted || numbers.has(name) ? text : `'${text}'`))
      .join(', ');

  return (
    sql
      .replaceAll(/[[\]]/g, '')
      // A quote somewhere before it in the same word: it stands inside a literal.
      .replaceAll(/(['"][^\s'"]*)?\$\{(\w+)\}/g, (_, before: string | undefined, name: string) =>
        before === undefined ? textOf(name, false) : before + textOf(name, true),
      )
  );
}
