import { Argument, Option } from 'commander';
import { parameterLimits } from '../core/apic/parameter-limits.ts';
import { command } from './command.ts';
import type { Api } from './management-client.ts';
import { findApi, groupUrl } from './platform/find-api.ts';
import { type CodeLanguage, callingCode } from './screen/calling-code.ts';
import { oneOf } from './settings.ts';

interface Options {
  readonly code?: CodeLanguage;
}

export const apiShow = command<Options>({
  path: 'api show',
  summary: 'show what a caller of an API needs: method, URL, parameters, authentication, code',
  arguments: [new Argument('<api>', 'group/name, or the name alone where it is in one group only')],
  options: [
    new Option('--code <language>', 'print code that calls it: curl, js or python').argParser(
      oneOf<CodeLanguage>('curl', 'js', 'python'),
    ),
  ],
  examples: [
    ['causeway api show Parking/FreeSpaces', 'its address, its parameters and how to authenticate'],
    ['causeway api show Parking/FreeSpaces --code js', 'a program that signs the call'],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name] = args as [string];
    const { client, local } = await platform();
    const apis = await client.apis();
    const api = findApi(apis, name);
    const url = `${groupUrl(apis, api.group, local)}${api.path}`;
    if (options.code !== undefined) {
      const code = callingCode(options.code, api, url);
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
          ['app', `${api.app}; its key and codes: causeway app show ${api.app}`],
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

function authentication({ auth, appCode }: Pick<Api, 'auth' | 'appCode'>): string {
  if (auth === 'none') return 'none: anyone may call it';
  if (auth === 'custom') return 'custom: an authorizer of the integration decides';

  return appCode ? 'signature (SDK-HMAC-SHA256) or header X-Apig-AppCode' : 'signature (SDK-HMAC-SHA256)';
}
