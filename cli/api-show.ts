import { Argument, Option } from 'commander';
import type { AppScheme } from '../core/apic/api-definition.ts';
import { APP_SCHEMES, schemesOf } from '../core/apic/app-schemes.ts';
import { parameterLimits } from '../core/apic/parameter-limits.ts';
import { CODE_LANGUAGES, type CodeLanguage, callingCode } from './calling/calling-code.ts';
import { command } from './command.ts';
import type { Api } from './management-client.ts';
import { findApi, groupUrl } from './platform/find-api.ts';
import { headers, oneOf, type Pair, pairs } from './settings.ts';

interface Options {
  readonly code?: CodeLanguage;
  readonly scheme?: AppScheme;
  readonly parameter?: readonly Pair[];
  readonly header?: readonly Pair[];
  readonly body?: string;
}

export const apiShow = command<Options>({
  path: 'api show',
  summary: 'show what a caller of an API needs: method, URL, parameters, authentication, code',
  details:
    'The code needs nothing but curl and openssl, Node or Python, and holds no secret: it takes credentials from the environment. What the API requires and is not given has a value to be replaced.',
  arguments: [new Argument('<api>', 'group/name, or the name alone where it is in one group only')],
  options: [
    new Option('--code <language>', 'print code that calls it: curl, js or python').argParser(oneOf(...CODE_LANGUAGES)),
    new Option(
      '--scheme <scheme>',
      'how the code signs in: signature, basic, jwt, secret, appCode or apikey; the best the API accepts by default',
    ).argParser(oneOf(...APP_SCHEMES)),
    new Option('-p, --parameter <name=value>', 'a parameter of the code; the option again for the next one').argParser(
      pairs,
    ),
    new Option(
      '-H, --header <header>',
      'a header of the code, "Name: value"; a value $NAME is read from the environment',
    ).argParser(headers),
    new Option('-d, --body <text>', 'the body of the code'),
  ],
  examples: [
    ['causeway api show Parking/FreeSpaces', 'its address, its parameters and how to authenticate'],
    ['causeway api show Parking/FreeSpaces --code js', 'a program that signs the call'],
    ['causeway api show Parking/History --code curl -p deviceId=S-001', 'with a value of its own'],
    ["causeway api show Enterprise/Test --code python -H 'x-auth: $TOKEN'", 'what an authorizer wants'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name] = args as [string];
    const { client, local } = await platform();
    const apis = await client.apis();
    const api = findApi(apis, name);
    const base = groupUrl(apis, api.group, local);
    const url = `${base}${api.path}`;
    if (options.code !== undefined) {
      const { parameter = [], header = [], body, scheme } = options;
      const given = { parameters: Object.fromEntries(parameter), headers: Object.fromEntries(header), body, scheme };
      const code = callingCode(options.code, api, base, given);
      output.result({ language: options.code, code }, () => code);
      return undefined;
    }

    output.result({ ...api, url }, () =>
      [
        output.pairs([
          ['api', api.name],
          ['method', api.method],
          ['url', url],
          ['environment', api.stage],
          ['authentication', authentication(api)],
          ['app', api.auth === 'app' ? `${api.app}; its key and codes: causeway app show ${api.app}` : api.app],
        ]),
        '',
        api.parameters.length === 0
          ? 'It takes no parameters.'
          : output.table(
              ['parameter', 'in', 'type', 'required', 'allowed', 'default', 'description'],
              api.parameters.map((parameter) => [
                ...[parameter.name, parameter.in, parameter.type, parameter.required ? 'yes' : 'no'],
                ...[parameterLimits(parameter).allowed, parameter.default, parameter.description],
              ]),
            ),
      ].join('\n'),
    );
    return undefined;
  },
});

const SCHEMES: Readonly<Record<AppScheme, string>> = {
  signature: 'a signature (SDK-HMAC-SHA256)',
  appCode: 'header X-Apig-AppCode',
  secret: 'headers X-HW-ID and X-HW-AppKey',
  basic: 'HTTP Basic',
  jwt: 'a token (headers Authorization and Timestamp)',
  apikey: 'header apikey',
};

function authentication(api: Pick<Api, 'auth' | 'appCode' | 'schemes'>): string {
  switch (api.auth) {
    case 'none':
      return 'none: anyone may call it';
    case 'custom':
      return 'custom: an authorizer of the integration decides';
    case 'iam':
      return 'iam: principals of AWS, by Signature Version 4';
    case 'app':
      return schemesOf(api)
        .map((scheme) => SCHEMES[scheme])
        .join(', or ');
  }
}
