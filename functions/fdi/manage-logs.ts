import { exactOptional, strictObject, string } from 'zod/mini';
import { InvalidSetting, Refusal } from '../../core/errors.ts';
import type { CatalogEntry } from '../../core/platform/catalog-entry.ts';
import { checkOneOf, checkWholeNumber } from '../../core/platform/check-setting.ts';
import { isAtLeast, LOG_LEVELS, type LogLevel, logLine } from '../../core/platform/log-line.ts';
import { type LogEvent, type LogEventPage, type LogQuery, logEvents } from '../shared/log-events.ts';
import { type ManagementHandler, managementHandler, ok, route } from '../shared/management-chain.ts';
import { catalogTable } from '../shared/tables.ts';

export interface ManageLogsPorts {
  readonly findTask: (name: string) => Promise<CatalogEntry | undefined>;
  readonly events: (query: LogQuery) => Promise<LogEventPage>;
  readonly now: () => number;
}

const logQuery = strictObject({
  since: exactOptional(string()),
  level: exactOptional(string()),
  limit: exactOptional(string()),
  next: exactOptional(string()),
});

const TEN_MINUTES_MS = 600_000;
const DEFAULT_LIMIT = 200;
const MAX_LIMIT = 1000;
/** Of lines that are searched one page after the other; the gateway waits 29 s. */
const BUDGET_MS = 12_000;
/** What a function may answer, less what surrounds the lines. */
const PAGE_BYTES = 4_000_000;

/** Management API: what functions have logged. */
export const handler = manageLogs(awsPorts);

export function manageLogs(portsOf: () => ManageLogsPorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/tasks/{task}/logs',
      query: logQuery,
      handler: async ({ path, query }) => {
        const ports = portsOf();
        const group = await groupOf(ports, path['task'] ?? '');
        const { level = 'info', limit = String(DEFAULT_LIMIT), next } = query;
        checkOneOf<string>('level', level, LOG_LEVELS);
        checkWholeNumber('limit', Number(limit), 1, MAX_LIMIT);
        const since = sinceOf(query.since, ports.now());

        return ok(
          await linesOf(ports, { group, since, limit: Number(limit), ...(next && { next }) }, level as LogLevel),
        );
      },
    }),
  ]);
}

/** Goes from page to page until there is something to answer, or no time left: then with nothing, and with where to go on. */
async function linesOf({ events, now }: ManageLogsPorts, query: LogQuery, least: LogLevel) {
  const deadline = now() + BUDGET_MS;
  const items: (Omit<LogEvent, 'time'> & { readonly time: string })[] = [];
  let bytes = 0;
  let next = query.next;
  do {
    const limit = query.limit - items.length;
    const page = await events({ ...query, limit, ...(next !== undefined && { next }) });
    for (const { id, time, text } of page.events) {
      if (isAtLeast(logLine(text).level, least)) {
        items.push({ id, time: new Date(time).toISOString(), text });
        bytes += Buffer.byteLength(text);
      }
    }
    next = page.next;
  } while (next !== undefined && items.length < query.limit && bytes < PAGE_BYTES && now() < deadline);

  return { items, ...(next !== undefined && { next }) };
}

async function groupOf({ findTask }: ManageLogsPorts, name: string): Promise<string> {
  const task = await findTask(name);
  if (task === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no task ${JSON.stringify(name)}.` });
  }
  const { logGroup } = task.document;
  if (typeof logGroup !== 'string') {
    throw new Refusal('CAUSEWAY.0412', {
      message: `Where ${name} logs is not known: it was deployed by an earlier version. Deploy its integration again.`,
    });
  }

  return logGroup;
}

function sinceOf(value: string | undefined, now: number): number {
  const since = value === undefined ? now - TEN_MINUTES_MS : Number(value);
  if (!Number.isInteger(since) || since < 0) {
    throw new InvalidSetting('since', value, 'milliseconds since 1970');
  }

  return since;
}

function awsPorts(): ManageLogsPorts {
  const catalog = catalogTable();

  return { findTask: (name) => catalog.get({ kind: 'task', name }), events: logEvents, now: Date.now };
}
