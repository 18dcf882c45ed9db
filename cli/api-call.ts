import { Buffer } from 'node:buffer';
import { Argument, Option } from 'commander';
import type { AppScheme } from '../core/apic/api-definition.ts';
import { APP_SCHEMES, schemesOf } from '../core/apic/app-schemes.ts';
import type { RequestToSign } from '../core/apic/signature.ts';
import { appHeaders } from './calling/app-headers.ts';
import { iamHeaders } from './calling/iam-headers.ts';
import { command } from './command.ts';
import type { CliContext } from './context.ts';
import { EXIT, UsageError } from './errors.ts';
import { basicHeaders, exchange, type HttpRequest } from './http.ts';
import type { Api, ManagementClient } from './management-client.ts';
import { filledPath, findTarget, groupUrl } from './platform/find-api.ts';
import type { LocalFile } from './platform/local-file.ts';
import { exchangeText } from './screen/exchange-text.ts';
import { headers, oneOf, type Pair, pairs } from './settings.ts';

interface Options {
  readonly method?: string;
  readonly path?: readonly Pair[];
  readonly query?: readonly Pair[];
  readonly header?: readonly Pair[];
  readonly body?: string;
  readonly app?: string;
  readonly appCode?: boolean;
  readonly scheme?: AppScheme;
  readonly auth: boolean;
}

export const apiCall = command<Options>({
  path: 'api call',
  summary: 'call an API as an app and print the raw request, the raw response and the time',
  details:
    "Signs in as the app, with its credentials, which it asks the platform for; where IAM decides, with the platform's own on this machine and those of the environment in AWS; where an authorizer of the integration decides, with what -H says. The exit code is 0 for a status below 400.",
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
    new Option(
      '--scheme <scheme>',
      'sign in by signature, basic, jwt, secret, appCode or apikey; the first of these the API accepts by default',
    )
      .argParser(oneOf(...APP_SCHEMES))
      .conflicts('appCode'),
    new Option('--no-auth', 'send no credentials, to see the refusal').conflicts(['app', 'appCode', 'scheme']),
  ],
  examples: [
    ['causeway api call Parking/FreeSpaces', 'by name, signed as its owner'],
    ['causeway api call Parking /parking/free --app-code', 'by path, with an AppCode'],
    ['causeway api call Parking /parking/free --no-auth', 'the refusal 401 APIC.0303'],
    ["causeway api call Enterprise/Test -H 'x-auth: …'", 'what an authorizer of the integration wants'],
  ],
  platform: true,
  async run({ args, options, output, context, platform }) {
    const [name, path] = args as [string, string | undefined];
    const { client, local } = await platform();
    const apis = await client.apis();
    const target = findTarget(apis, name, path, options.method);
    const base = groupUrl(apis, target.group, local);
    const url = new URL(`${base}${filledPath(target.path, new Map(options.path))}`);
    for (const [key, value] of options.query ?? []) url.searchParams.append(key, value);
    // A plus is a space in forms only; to AWS it is a plus.
    url.search = url.search.replaceAll('+', '%20');

    const request = await prepared({ url, api: target.api, options, client, local, env: context.env });
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
  readonly client: ManagementClient;
  readonly local: LocalFile | undefined;
  readonly env: CliContext['env'];
}

async function prepared(draft: Draft): Promise<HttpRequest> {
  const { url, api, options } = draft;
  const method = (options.method ?? methodOf(api)).toUpperCase();
  const body = options.body === undefined ? undefined : Buffer.from(options.body);
  const own = { ...contentType(options.body), ...Object.fromEntries(options.header ?? []) };
  const request = { method, url, headers: own, ...(body === undefined ? {} : { body }) };
  const credentials = await credentialsOf(draft, request);

  return {
    method,
    url: url.href,
    headers: { ...basicHeaders(url.href, body), ...own, ...credentials },
    ...(body === undefined ? {} : { body }),
  };
}

async function credentialsOf(
  { api, options, client, local, env }: Draft,
  request: RequestToSign,
): Promise<Record<string, string>> {
  const scheme = options.appCode === true ? 'appCode' : options.scheme;
  const asApp = scheme !== undefined || options.app !== undefined || api === undefined || api.auth === 'app';
  if (!options.auth || !(asApp || api.auth === 'iam')) {
    return {};
  }
  if (!asApp) {
    return iamHeaders(request, { local, env });
  }
  const app = options.app ?? api?.app;
  if (app === undefined) {
    throw new UsageError(
      'No API has this path, so it has no owner to call as; name an app with --app NAME or use --no-auth.',
    );
  }
  const accepted = api === undefined ? [] : schemesOf(api);
  const best = APP_SCHEMES.find((one) => accepted.includes(one));

  return appHeaders(scheme ?? best ?? 'signature', await client.appSecrets(app), request);
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
