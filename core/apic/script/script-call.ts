import type { Pairs } from '../canonical-request.ts';
import type { AuthorizerContext } from '../custom-authorizer.ts';
import type { ReceivedCall } from '../received-call.ts';

/** What a script's `execute` gets, as the reference system hands it over: the JSON text of this. */
export interface ScriptData {
  readonly method: string;
  readonly uri: string;
  /** Names in lower case; several values of one name joined with commas, as HTTP joins them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the path and of the query. One value is a text, several are a list. */
  readonly param: Readonly<Record<string, string | readonly string[]>>;
  /** What a JSON body holds, the fields of a form, otherwise the text; `""` when there is none. */
  readonly body: unknown;
  /** What authorizers say of the caller and of the call, where they say anything. Not of the reference system, where each value is mapped by hand. */
  readonly authorizer?: AuthorizerContext;
  readonly env: {
    /** Who calls; empty where anyone may. */
    readonly $appId: string;
  };
}

export interface ScriptCall extends ReceivedCall {
  readonly method: string;
  readonly uri: string;
  readonly app?: string;
}

export function scriptData({
  method,
  uri,
  path,
  query,
  headers,
  body,
  authorizer = {},
  app = '',
}: ScriptCall): ScriptData {
  return {
    method,
    uri,
    headers: Object.fromEntries(
      [...grouped(headers.map(([name, value]) => [name.toLowerCase(), value] as const))].map(([name, values]) => [
        name,
        values.join(', '),
      ]),
    ),
    param: { ...fieldsOf(query), ...path },
    body: bodyOf(headers, Buffer.from(body).toString('utf8')),
    ...(Object.keys(authorizer).length > 0 && { authorizer }),
    env: { $appId: app },
  };
}

function bodyOf(headers: Pairs, text: string): unknown {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1].toLowerCase() ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return fieldsOf([...new URLSearchParams(text)]);
  }
  // Callers leave the type out, or send text/plain: what begins as an object or a list and is one counts as JSON.
  return /^\s*[[{]/.test(text) || type.includes('json') ? parsed(text) : text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function fieldsOf(pairs: Pairs): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    [...grouped(pairs)].map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]),
  );
}

function grouped(pairs: Iterable<readonly [string, string]>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    groups.set(name, [...(groups.get(name) ?? []), value]);
  }

  return groups;
}
