import type { AppScheme } from '../../core/apic/api-definition.ts';
import { canonicalQuery, signedPaths } from '../../core/apic/canonical-request.ts';
import { type CallDraft, variableOf } from './call-draft.ts';

/** Those first that need no program beside curl. */
export const CURL_SCHEMES: readonly AppScheme[] = ['appCode', 'secret', 'basic', 'apikey', 'jwt', 'signature'];

interface Credentials {
  /** Commands before curl's. */
  readonly before?: readonly string[];
  /** Arguments of curl, quoted for a shell. */
  readonly arguments: readonly string[];
}

const HMAC = 'openssl dgst -sha256 -hmac "$APP_SECRET"';

/** Commands for a shell that call an API. */
export function curlCode(draft: CallDraft): string {
  const { method, headers, body } = draft;
  const { before = [], arguments: credentials } = credentialsOf(draft);
  const plain = method === 'GET' && body === '' ? 'curl' : `curl -X ${method}`;
  const lines = [
    `${plain} ${quoted(address(draft))}`,
    ...headers.map(([name, value]) => `-H ${header(name, value)}`),
    ...credentials,
    ...(body === '' ? [] : [`--data-raw ${bodyText(draft)}`]),
  ];

  return [...before, lines.join(' \\\n  ')].join('\n');
}

function credentialsOf(draft: CallDraft): Credentials {
  switch (draft.signIn) {
    case 'appCode':
      return { arguments: ['-H "X-Apig-AppCode: $APP_CODE"'] };
    case 'secret':
      return { arguments: ['-H "X-HW-ID: $APP_KEY"', '-H "X-HW-AppKey: $APP_SECRET"'] };
    case 'basic':
      return { arguments: ['-u "$APP_KEY:$APP_SECRET"'] };
    case 'apikey':
      return { arguments: ['-H "apikey: $APP_KEY"'] };
    case 'jwt':
      return token();
    case 'signature':
      return signature(draft);
    case 'iam':
      return {
        arguments: [
          '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api"',
          '-u "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
          // Without a value curl leaves the header out.
          '-H "X-Amz-Security-Token: $AWS_SESSION_TOKEN"',
        ],
      };
    case 'custom':
    case 'none':
      return { arguments: [] };
  }
}

/** Before version 8 curl signs a query for AWS as it stands; AWS, in the order of its names. */
function address({ signIn, url }: CallDraft): string {
  const query = canonicalQuery([...url.searchParams]);

  return signIn === 'iam' && query !== '' ? `${url.origin}${url.pathname}?${query}` : url.href;
}

function token(): Credentials {
  return {
    before: [
      'timestamp=$(date +%s)000',
      "part() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }",
      `head=$(printf '{"typ":"JWT","alg":"HS256"}' | part)`,
      `claims=$(printf '{"appId":"%s","timestamp":"%s"}' "$APP_KEY" "$timestamp" | part)`,
      `proof=$(printf %s "$head.$claims" | ${HMAC} -binary | part)`,
    ],
    arguments: ['-H "Authorization: $head.$claims.$proof"', '-H "Timestamp: $timestamp"'],
  };
}

/** Path and query are written as they are signed: whoever changes the URL changes them too. */
function signature({ method, url, body }: CallDraft): Credentials {
  const signed = [method, signedPaths(url.pathname)[0], canonicalQuery([...url.searchParams]), `host:${url.host}`];

  return {
    before: [
      'date=$(date -u +%Y%m%dT%H%M%SZ)',
      ...(body === '' ? [] : [`body=${quoted(body)}`]),
      "hash() { openssl dgst -sha256 -r | cut -d' ' -f1; }",
      '# As in the URL: method, path with a slash at its end, query in the order of its names, host.',
      `signed=${quoted(signed.join('\n'))}`,
      `request=$(printf '%s\\nx-sdk-date:%s\\n\\nhost;x-sdk-date\\n%s' "$signed" "$date" "$(printf %s "${body === '' ? '' : '$body'}" | hash)")`,
      `signature=$(printf 'SDK-HMAC-SHA256\\n%s\\n%s' "$date" "$(printf %s "$request" | hash)" | ${HMAC} -r | cut -d' ' -f1)`,
    ],
    arguments: [
      '-H "X-Sdk-Date: $date"',
      '-H "Authorization: SDK-HMAC-SHA256 Access=$APP_KEY, SignedHeaders=host;x-sdk-date, Signature=$signature"',
    ],
  };
}

function bodyText({ signIn, body }: CallDraft): string {
  return signIn === 'signature' ? '"$body"' : quoted(body);
}

function header(name: string, value: string): string {
  const variable = variableOf(value);

  return variable === undefined ? quoted(`${name}: ${value}`) : `"${name}: $${variable}"`;
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
