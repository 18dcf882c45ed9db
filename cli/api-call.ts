import { Buffer } from 'node:buffer';
import { Argument, Option } from 'commander';
import { sign } from '../core/apic/signature.ts';
import { command } from './command.ts';
import { EXIT, UsageError } from './errors.ts';
import { basicHeaders, exchange, type HttpRequest } from './http.ts';
import type { Api, ManagementClient } from './management-client.ts';
import { filledPath, findTarget, groupUrl } from './platform/find-api.ts';
import { exchangeText } from './screen/exchange-text.ts';
import { headers, type Pair, pairs } from './settings.ts';

interface Options {
  readonly method?: string;
  readonly path?: readonly Pair[];
  readonly query?: readonly Pair[];
  readonly header?: readonly Pair[];
  readonly body?: string;
  readonly app?: string;
  readonly appCode?: boolean;
  readonly auth: boolean;
}

export const apiCall = command<Options>({
  path: 'api call',
  summary: 'call an API as an app and print the raw request, the raw response and the time',
  details:
    "Signs the request with the app's key and secret, which it asks the platform for. The exit code is 0 for a status below 400.",
  arguments: [
    new Argument('<api>', 'group/name, the name alone, or a group followed by a path'),
    new Argument('[path]', 'a path of the group as a caller writes it: /parking/free'),
  ],
  options: [
    new Option('-X, --method <method>', "the API's own by default"),
    new Option('-p, --path <name=value>', 'fills {name} in the path; the option again for the next one').argParser(
      pairs,
    ),
    new Option('-q, --query <name=value>', 'adds to the query; the option again for the next one').argParser(pairs),
    new Option('-H, --header <header>', 'adds "Name: value"; the option again for the next one').argParser(headers),
    new Option('-d, --body <text>', 'the body; JSON gets its content type by itself, anything else counts as a form'),
    new Option('--app <name>', 'call as this app; the one that owns the API by default'),
    new Option('--app-code', "send the app's first AppCode instead of a signature"),
    new Option('--no-auth', 'send no credentials, to see the refusal').conflicts(['app', 'appCode']),
  ],
  examples: [
    ['causeway api call Parking/FreeSpaces', 'by name, signed as its owner'],
    ['causeway api call Parking /parking/free --app-code', 'by path, with an AppCode'],
    ['causeway api call Parking /parking/free --no-auth', 'the refusal 401 APIC.0303'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name, path] = args as [string, string | undefined];
    const { client, local } = await platform();
    const apis = await client.apis();
    const target = findTarget(apis, name, path, options.method);
    const base = groupUrl(apis, target.group, local);
    const url = new URL(`${base}${filledPath(target.path, new Map(options.path))}`);
    for (const [key, value] of options.query ?? []) url.searchParams.append(key, value);

    const request = await prepared(client, { url, api: target.api, options });
    const response = await exchange(request);
    output.result(
      {
        request: { ...request, body: request.body?.toString() },
        response: { ...response, body: response.body.toString('utf8'), milliseconds: undefined },
        milliseconds: response.milliseconds,
      },
      () => exchangeText(request, response, output.colours),
    );
    return response.status < 400 ? EXIT.ok : EXIT.failed;
  },
});

interface Draft {
  readonly url: URL;
  readonly api: Api | undefined;
  readonly options: Readonly<Options>;
}

async function prepared(client: ManagementClient, { url, api, options }: Draft): Promise<HttpRequest> {
  const method = (options.method ?? methodOf(api)).toUpperCase();
  const body = options.body === undefined ? undefined : Buffer.from(options.body);
  const own = { ...contentType(options.body), ...Object.fromEntries(options.header ?? []) };
  const credentials = await credentialHeaders(client, api, options, (secret) =>
    sign({ method, url, headers: own, ...(body === undefined ? {} : { body }) }, secret, new Date()),
  );

  return {
    method,
    url: url.href,
    headers: { ...basicHeaders(url.href, body), ...own, ...credentials },
    ...(body === undefined ? {} : { body }),
  };
}

async function credentialHeaders(
  client: ManagementClient,
  api: Api | undefined,
  { auth, app = api?.app, appCode }: Readonly<Options>,
  signed: (credential: { key: string; secret: string }) => Record<string, string>,
): Promise<Record<string, string>> {
  if (!auth || (api?.auth === 'none' && appCode !== true)) {
    return {};
  }
  if (app === undefined) {
    throw new UsageError(
      'No API has this path, so it has no owner to call as; name an app with --app NAME or use --no-auth.',
    );
  }
  const secrets = await client.appSecrets(app);
  if (appCode !== true) {
    return signed(secrets);
  }
  const [code] = secrets.appCodes;
  if (code === undefined) {
    throw new UsageError(`App ${app} has no AppCode; leave --app-code out and the call is signed.`);
  }
  return { 'X-Apig-AppCode': code };
}

function methodOf(api: Api | undefined): string {
  return api === undefined || api.method === 'ANY' ? 'GET' : api.method;
}

function contentType(body: string | undefined): Record<string, string> {
  if (body === undefined) return {};

  return { 'Content-Type': isJson(body) ? 'application/json' : 'application/x-www-form-urlencoded' };
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
