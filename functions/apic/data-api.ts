import { answerableApis } from '../../core/apic/answerable-apis.ts';
import type { ApiDefinition, ApiDefinitions } from '../../core/apic/api-definition.ts';
import { type DataApiDefinition, dataApi, type QueryResult } from '../../core/apic/data-api.ts';
import { queryRefusal } from '../../core/apic/query-refusal.ts';
import type { RenderedSql } from '../../core/apic/template-piece.ts';
import { Refusal } from '../../core/errors.ts';
import { type ApiHandler, apiHandler, type GroupRules } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';
import { queryRows } from '../shared/query-rows.ts';

export type Query = (statement: RenderedSql, remainingMs: () => number) => Promise<QueryResult>;

/** Kept free of the statement's time, in milliseconds, for the answer that it took too long. */
const ANSWER_RESERVE_MS = 1000;

export const handler = dataApiHandler(readDefinitions<ApiDefinitions>(), queryRows);

/** Answers calls of a group's data APIs: `{"default":[{…}]}`, or `{"default":[{"affected":n}]}` where a statement has no rows to give. */
export function dataApiHandler(definitions: GroupRules, query: Query): ApiHandler {
  const apis = new Map(
    answerableApis(definitions)
      .filter(isData)
      .map((definition) => [definition.name, dataApi(definition)]),
  );

  return apiHandler(async (call) => {
    const api = apis.get(call.api);
    if (api === undefined) {
      throw new Refusal('APIC.0103', { detail: { reason: `this function has no API ${call.api}` } });
    }
    const statement = api.statementFor(call);
    try {
      const result = await query(statement, () => call.remainingMs() - ANSWER_RESERVE_MS);

      return { status: 200, body: api.bodyOf(result) };
    } catch (error) {
      throw queryRefusal(error);
    }
  }, definitions);
}

function isData(definition: ApiDefinition): definition is ApiDefinition & DataApiDefinition {
  return definition.backend.kind === 'data';
}
