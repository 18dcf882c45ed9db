import type { AppScheme } from '../../core/apic/api-definition.ts';
import { type CallDraft, credentialsNeeded, variableOf } from './call-draft.ts';

/** The best first: what covers the request, then what keeps the secret, then the rest. */
export const PROGRAM_SCHEMES: readonly AppScheme[] = ['signature', 'jwt', 'appCode', 'secret', 'basic', 'apikey'];

interface Credentials {
  readonly imports?: string;
  readonly code: readonly string[];
}

/** A module for Node that calls an API, with nothing but what Node has. */
export function javascriptCode(draft: CallDraft): string {
  const { method, url, headers, body } = draft;
  const { names } = credentialsNeeded(draft);
  const { imports, code } = credentialsOf(draft);
  const own = headers.map(([name, value]) => `  ${text(name)}: ${variableOf(value) ?? text(value)},`);
  const parts = [
    ...(imports === undefined ? [] : [imports, '']),
    ...(names.length === 0 ? [] : [`const { ${environment(draft, names)} } = process.env;`]),
    `const method = ${text(method)};`,
    `const url = new URL(${text(url.href)});`,
    ...(body === '' ? [] : [`const body = ${text(body)};`]),
    ...(own.length === 0 ? ['const headers = {};'] : ['const headers = {', ...own, '};']),
    ...(code.length === 0 ? [] : ['', ...code]),
    '',
    `const response = await fetch(url, { method, headers${body === '' ? '' : ', body'} });`,
    'console.log(response.status, await response.text());',
  ];

  return parts.join('\n');
}

function environment({ signIn }: CallDraft, names: readonly string[]): string {
  return [...names, ...(signIn === 'iam' ? ['AWS_SESSION_TOKEN'] : [])].join(', ');
}

function credentialsOf({ signIn, body }: CallDraft): Credentials {
  const sent = body === '' ? "''" : 'body';
  switch (signIn) {
    case 'appCode':
      return { code: ["headers['X-Apig-AppCode'] = APP_CODE;"] };
    case 'secret':
      return { code: ["headers['X-HW-ID'] = APP_KEY;", "headers['X-HW-AppKey'] = APP_SECRET;"] };
    case 'basic':
      return {
        code: ["headers.Authorization = `Basic ${Buffer.from(`${APP_KEY}:${APP_SECRET}`).toString('base64')}`;"],
      };
    case 'apikey':
      return { code: ['headers.apikey = APP_KEY;'] };
    case 'jwt':
      return {
        imports: "import { createHmac } from 'node:crypto';",
        code: [
          "const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');",
          'headers.Timestamp = String(Date.now());',
          "const claims = `${part({ typ: 'JWT', alg: 'HS256' })}.${part({ appId: APP_KEY, timestamp: headers.Timestamp })}`;",
          "headers.Authorization = `${claims}.${createHmac('sha256', APP_SECRET).update(claims).digest('base64url')}`;",
        ],
      };
    case 'signature':
      return { imports: CRYPTO, code: [...CANONICAL, ...signature(sent)] };
    case 'iam':
      return { imports: CRYPTO, code: [...CANONICAL, ...signatureVersion4(sent)] };
    case 'custom':
    case 'none':
      return { code: [] };
  }
}

const CRYPTO = "import { createHash, createHmac } from 'node:crypto';";

const CANONICAL = [
  "const sha256 = (text) => createHash('sha256').update(text).digest('hex');",
  "const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);",
  'const order = (a, b) => (a < b ? -1 : Number(a > b));',
  'const query = [...url.searchParams]',
  '  .sort(([a, x], [b, y]) => order(a, b) || order(x, y))',
  '  .map((pair) => pair.map(encode).join("="))'.replaceAll('"', "'"),
  "  .join('&');",
  "const date = new Date().toISOString().replace(/[-:]|\\.\\d+/g, '');",
];

function signature(sent: string): string[] {
  return [
    "const path = url.pathname.split('/').map(encode).join('/').replace(/\\/?$/, '/');",
    "const signed = [`host:${url.host}`, `x-sdk-date:${date}`, '', 'host;x-sdk-date'];",
    `const request = [method, path, query, ...signed, sha256(${sent})].join('\\n');`,
    'const toSign = `SDK-HMAC-SHA256\\n${date}\\n${sha256(request)}`;',
    "const signature = createHmac('sha256', APP_SECRET).update(toSign).digest('hex');",
    "headers['X-Sdk-Date'] = date;",
    'headers.Authorization = `SDK-HMAC-SHA256 Access=${APP_KEY}, SignedHeaders=host;x-sdk-date, Signature=${signature}`;',
  ];
}

function signatureVersion4(sent: string): string[] {
  return [
    "headers['X-Amz-Date'] = date;",
    "if (AWS_SESSION_TOKEN) headers['X-Amz-Security-Token'] = AWS_SESSION_TOKEN;",
    'const signed = Object.entries({ ...headers, host: url.host })',
    '  .map(([name, value]) => [name.toLowerCase(), value])',
    '  .sort(([a], [b]) => order(a, b));',
    "const names = signed.map(([name]) => name).join(';');",
    '// Every segment once more: that is what all services but S3 sign.',
    "const path = url.pathname.split('/').map(encode).join('/');",
    "const lines = signed.map((pair) => pair.join(':'));",
    `const request = [method, path, query, ...lines, '', names, sha256(${sent})].join('\\n');`,
    "const scope = [date.slice(0, 8), AWS_REGION, 'execute-api', 'aws4_request'];",
    "const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(request)].join('\\n');",
    "const hmac = (key, text) => createHmac('sha256', key).update(text).digest();",
    'const signature = [...scope, toSign].reduce(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`).toString("hex");'.replaceAll(
      '"',
      "'",
    ),
    "const credential = `${AWS_ACCESS_KEY_ID}/${scope.join('/')}`;",
    'headers.Authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;',
  ];
}

/** A literal, in the quotes people write where that needs no escapes. */
function text(value: string): string {
  return /^[^'\\\p{Cc}]*$/u.test(value) ? `'${value}'` : JSON.stringify(value);
}
