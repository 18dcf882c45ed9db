import { createRequire } from 'node:module';
import type { LocalFile } from './platform.ts';

const { AKSKSigner } = createRequire(import.meta.url)('@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner') as {
  AKSKSigner: { sign(request: SignRequest, credential: { getAk(): string; getSk(): string }): Record<string, string> };
};

interface SignRequest {
  method: string;
  endpoint: string;
  headers: Record<string, string>;
  queryParams: Record<string, string>;
  data?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: unknown;
  readonly requestId: string | null;
}

export interface Call {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function call(url: string, { method = 'GET', query = {}, headers = {} }: Call = {}): Promise<Answer> {
  const search = new URLSearchParams(query).toString();
  const response = await fetch(search === '' ? url : `${url}?${search}`, { method, headers: { ...headers } });
  const text = await response.text();

  return { status: response.status, text, body: parsed(text), requestId: response.headers.get('x-request-id') };
}

export function withAppCode(file: LocalFile, app: string): Record<string, string> {
  return { 'X-Apig-AppCode': file.apps[app]?.appCodes[0] ?? '' };
}

/** Headers of a request signed by the reference system's own SDK, which shares no code with ours. */
export function signedByReferenceSdk(
  app: { readonly key: string; readonly secret: string },
  request: {
    readonly method?: string;
    readonly url: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly headers?: Record<string, string>;
    /** The body, before it becomes JSON; its hash is signed and not sent along. */
    readonly data?: object;
  },
): Record<string, string> {
  const signed = AKSKSigner.sign(
    {
      method: request.method ?? 'GET',
      endpoint: request.url,
      headers: { ...request.headers },
      queryParams: { ...request.query },
      ...(request.data !== undefined && { data: request.data }),
    },
    { getAk: () => app.key, getSk: () => app.secret },
  );
  delete signed['host']; // fetch sets it from the URL, to the same value
  delete signed['Host'];

  return { ...request.headers, ...signed };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
