import type { ApiDefinition, DataBackend } from './api-definition.ts';
import { parameterReader } from './parameters.ts';
import type { ReceivedCall } from './received-call.ts';
import { sqlTemplate } from './sql-template.ts';
import type { RenderedSql } from './template-piece.ts';

/** What a statement left behind. */
export interface QueryResult {
  /** The rows as JSON text, an array of objects; undefined for a statement that has no rows to give (INSERT, UPDATE, …). */
  readonly rows: string | undefined;
  /** Rows inserted, changed or deleted, as the engine counts them. */
  readonly affected: number;
}

/** One data API, read once and used for every call. */
export interface DataApi {
  readonly name: string;
  /** @throws Refusal `APIC.0106` when the call's parameters are not as declared */
  statementFor(call: ReceivedCall): RenderedSql;
  /** The response body. The rows are taken as the text they are: numbers beyond what JavaScript holds stay exact. */
  bodyOf(result: QueryResult): string;
}

export type DataApiDefinition = Pick<ApiDefinition, 'name' | 'parameters'> & { readonly backend: DataBackend };

/** @throws InvalidSetting for a statement or a default that cannot work */
export function dataApi({ name, parameters, backend }: DataApiDefinition): DataApi {
  const template = sqlTemplate(backend.sql, parameters, `${name}: sql`);
  const read = parameterReader(parameters, template.lists, `${name}: parameters`);
  const key = JSON.stringify(backend.returnObject);

  return {
    name,
    statementFor: (call) => template.render(read(call)),
    bodyOf: ({ rows, affected }) => `{${key}:${rows ?? `[{"affected":${affected}}]`}}`,
  };
}
