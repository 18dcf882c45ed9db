import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { exactOptional, record, strictObject, string, unknown } from 'zod/mini';
import { type BackendEntry, backendView } from '../../core/apic/backend-entry.ts';
import { dataApi } from '../../core/apic/data-api.ts';
import type { RenderedSql } from '../../core/apic/template-piece.ts';
import { receivedCall, type TestCall, testCall } from '../../core/apic/test-call.ts';
import { Refusal } from '../../core/errors.ts';
import type { CatalogEntry } from '../../core/platform/catalog-entry.ts';
import { askFunction } from '../shared/ask-function.ts';
import type { Page, QueryOptions } from '../shared/document-table.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { catalogTable } from '../shared/tables.ts';
import { testEvent } from '../shared/test-event.ts';

export interface ManageBackendsPorts {
  readonly find: (name: string) => Promise<CatalogEntry | undefined>;
  readonly list: (page: QueryOptions) => Promise<Page<CatalogEntry>>;
  readonly invoke: (functionName: string, event: APIGatewayProxyEvent) => Promise<unknown>;
}

const TEST = strictObject({
  method: exactOptional(string()),
  parameters: exactOptional(record(string(), string())),
  headers: exactOptional(record(string(), string())),
  body: exactOptional(string()),
  app: exactOptional(string()),
  context: exactOptional(record(string(), unknown())),
});

/** Management API: what answers APIs, and trying it out: without a route, a grant or credentials, so operators only. */
export const handler = manageBackends(awsPorts);

export function manageBackends(portsOf: () => ManageBackendsPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/backends',
      query: strictObject(pageQuery),
      handler: async ({ query }) => {
        const { items, ...more } = await portsOf().list(pageOf(query));

        return ok({ items: items.map((entry) => backendView(entryOf(entry))), ...more });
      },
    }),
    route({
      method: 'POST',
      path: '/backends/{group}/{api}/test',
      body: TEST,
      handler: async ({ path, body: { app, context, ...request }, requestId }) => {
        const { find, invoke } = portsOf();
        const name = `${path['group']}/${path['api']}`;
        const found = await find(name);
        if (found === undefined) {
          throw new Refusal('CAUSEWAY.0404', {
            message: `There is no backend ${name}. "causeway backend list" lists them.`,
          });
        }
        const entry = entryOf(found);
        const drafted = testCall(entry, request);
        const call = { ...drafted, context: { ...drafted.context, ...context } };
        const event = testEvent(call, entry.stage, {
          ...{ verdict: 'allow', requestId, api: entry.api, app: app ?? entry.app, body: { kind: 'none' } },
          ...(Object.keys(call.context).length > 0 && { context: call.context }),
        });
        const startedAt = performance.now();
        const answer = await answerOf(name, invoke(entry.function, event));
        const milliseconds = Math.round((performance.now() - startedAt) * 10) / 10;

        return ok({ ...viewOf(call), backend: backendView(entry), ...statementOf(entry, call), answer, milliseconds });
      },
    }),
  ]);
}

function entryOf({ document }: CatalogEntry): BackendEntry {
  return document as unknown as BackendEntry;
}

function viewOf({ method, path, query, headers, body }: TestCall) {
  const search = query.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');

  return { request: { method, path: search === '' ? path : `${path}?${search}`, headers, body } };
}

/** What the data API's function makes of the same call; nothing where it refuses the parameters. */
function statementOf({ api, parameters, data }: BackendEntry, call: TestCall): { statement?: RenderedSql } {
  if (data === undefined) {
    return {};
  }
  try {
    return { statement: dataApi({ name: api, parameters, backend: data }).statementFor(receivedCall(call)) };
  } catch {
    return {};
  }
}

async function answerOf(name: string, asked: Promise<unknown>) {
  const answer = await asked.catch((cause: unknown) => {
    // Out of memory, out of time or not there: behind the gateway this is 502 or 504 without a reason; who tests may see it.
    throw new Refusal('APIC.0202', {
      message: `The function of ${name} gave no answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    });
  });
  const { statusCode, headers = {}, body, isBase64Encoded = false } = answer as APIGatewayProxyResult;

  return {
    status: statusCode,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    body,
    base64: isBase64Encoded,
  };
}

function awsPorts(): ManageBackendsPorts {
  const catalog = catalogTable();

  return {
    find: (name) => catalog.get({ kind: 'backend', name }),
    list: (page) => catalog.query({ kind: 'backend' }, page),
    invoke: askFunction,
  };
}
