/** A request as it goes over the wire. */
export interface HttpStep {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** As many as a chain that leads anywhere has. */
export const MAX_REDIRECTS = 5;

const SAME_METHOD: ReadonlySet<number> = new Set([307, 308]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, ...SAME_METHOD]);
/** Everything else may be a credential. */
const FOR_ANYBODY: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-type', 'user-agent']);
const OF_BODY = 'content-type';

/**
 * Where an answer leads to, as the client of the reference system follows it: 307 and 308 repeat the request, the others ask with GET. To another origin
 * go only headers that are no secrets; from HTTPS to HTTP nothing goes.
 *
 * @returns undefined for what is an answer
 */
export function redirectOf(step: HttpStep, status: number, location: string | undefined): HttpStep | undefined {
  if (!REDIRECTS.has(status) || location === undefined) {
    return undefined;
  }
  const url = URL.parse(location, step.url.href);
  if (url === null || !/^https?:$/.test(url.protocol) || (step.url.protocol === 'https:' && url.protocol === 'http:')) {
    return undefined;
  }
  const repeats = SAME_METHOD.has(status) || step.method === 'HEAD';
  const headers = Object.entries(step.headers).filter(
    ([name]) =>
      (url.origin === step.url.origin || FOR_ANYBODY.has(name.toLowerCase())) &&
      (repeats || name.toLowerCase() !== OF_BODY),
  );

  return {
    method: repeats ? step.method : 'GET',
    url,
    headers: Object.fromEntries(headers),
    ...(repeats && step.body !== undefined && { body: step.body }),
  };
}
