import { CommandFailed } from '../errors.ts';
import type { Api } from '../management-client.ts';

export type CodeLanguage = 'curl' | 'js' | 'python';

/**
 * Code that calls an API as an app, ready to run once the credentials are filled in. JavaScript signs with the
 * reference system's own SDK; curl and Python use the AppCode, which needs no library.
 */
export function callingCode(language: CodeLanguage, api: Api, url: string): string {
  const method = api.method === 'ANY' ? 'GET' : api.method;
  if (language === 'js') {
    return javascript(method, url, api);
  }
  if (api.auth === 'app' && !api.appCode) {
    throw new CommandFailed(
      `${api.name} accepts signatures only, which ${language} cannot make by itself. Use --code js, or "causeway api call ${api.name}".`,
    );
  }
  return language === 'curl' ? curl(method, url, api) : python(method, url, api);
}

function curl(method: string, url: string, api: Api): string {
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}'${withQuery(url, api)}'`,
    ...(api.auth === 'none' ? [] : [`  -H "X-Apig-AppCode: $APP_CODE"  # causeway app show ${api.app}`]),
  ];
  return lines.join(' \\\n');
}

function python(method: string, url: string, api: Api): string {
  const headers = api.auth === 'none' ? '{}' : `{"X-Apig-AppCode": os.environ["APP_CODE"]}`;

  return `import json
import os
import urllib.request

# APP_CODE: causeway app show ${api.app}
request = urllib.request.Request("${withQuery(url, api)}", method="${method}", headers=${headers})
with urllib.request.urlopen(request, timeout=30) as response:
    print(json.load(response))`;
}

function javascript(method: string, url: string, api: Api): string {
  const query = Object.fromEntries(queryOf(api));
  const address = `const url = '${url}';\nconst query = ${JSON.stringify(query)};`;
  const target = `Object.keys(query).length === 0 ? url : \`\${url}?\${new URLSearchParams(query)}\``;
  if (api.auth === 'none') {
    return `${address}

const response = await fetch(${target}, { method: '${method}' });
console.log(response.status, await response.text());`;
  }
  return `// npm install @huaweicloud/huaweicloud-sdk-core; APP_KEY, APP_SECRET: causeway app show ${api.app} --secret
import { createRequire } from 'node:module';
const { AKSKSigner } = createRequire(import.meta.url)('@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner');

${address}

const { host, ...headers } = AKSKSigner.sign(
  { method: '${method}', endpoint: url, queryParams: query, headers: {} },
  { getAk: () => process.env.APP_KEY, getSk: () => process.env.APP_SECRET },
);
const response = await fetch(${target}, { method: '${method}', headers });
console.log(response.status, await response.text());`;
}

function withQuery(url: string, api: Api): string {
  const query = queryOf(api)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');

  return query === '' ? url : `${url}?${query}`;
}

/** The parameters a caller cannot leave out, with a word in place of their values. */
function queryOf(api: Api): [string, string][] {
  return api.parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map((parameter) => [parameter.name, parameter.name.toUpperCase()]);
}
