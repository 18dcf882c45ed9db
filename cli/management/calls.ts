import { ManagementRefused } from '../errors.ts';

/** Carries one request to the management API of a platform, with whatever proves the right to make it. */
export type Transport = (request: ManagementCall) => Promise<{ readonly status: number; readonly body: string }>;

export interface ManagementCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the API's root, encoded: `/devices/ParkingSensor/S-001`. */
  readonly path: string;
  readonly query: Query;
  /** JSON text. */
  readonly body?: string;
}

export type Query = Readonly<Record<string, string>>;

/** What the operations of the management API are made of. Each throws `ManagementRefused` for a refusal. */
export interface Calls {
  ask(path: string, query?: Query): Promise<unknown>;
  send(method: Exclude<ManagementCall['method'], 'GET'>, path: string, body?: unknown, query?: Query): Promise<unknown>;
  /** All pages of a list. */
  all<T>(path: string, query?: Query): Promise<T[]>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export function calls(transport: Transport): Calls {
  const ask: Calls['ask'] = (place, query = {}) => answered(transport, { method: 'GET', path: place, query });

  return {
    ask,
    send: (method, place, body, query = {}) =>
      answered(transport, {
        method,
        path: place,
        query,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    async all<T>(place: string, query: Query = {}): Promise<T[]> {
      const items: T[] = [];
      let next: string | undefined;
      do {
        const page = (await ask(place, next === undefined ? query : { ...query, next })) as Page<T>;
        items.push(...page.items);
        next = page.next;
      } while (next !== undefined);

      return items;
    },
  };
}

/** A path whose values are encoded. */
export function path(words: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw(words, ...values.map(encodeURIComponent));
}

async function answered(transport: Transport, call: ManagementCall): Promise<unknown> {
  const { status, body } = await transport(call);
  const answer = parsed(body);
  if (status >= 200 && status < 300 && answer !== undefined) {
    return answer;
  }
  throw refusal(status, answer);
}

/** Ours are `{error_msg, error_code, request_id}`; the gateway's own and AWS's carry `message` or `Message`. */
function refusal(status: number, answer: unknown): ManagementRefused {
  const { error_msg, error_code, request_id, message, Message } = (answer ?? {}) as Record<string, string | undefined>;

  return new ManagementRefused(status, {
    message: error_msg ?? message ?? Message ?? `The management API answered ${status} without a reason.`,
    code: error_code,
    requestId: request_id,
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // not ours: the status tells the rest
  }
}
