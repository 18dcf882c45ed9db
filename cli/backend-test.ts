import { Buffer } from 'node:buffer';
import { Argument, Option } from 'commander';
import { apiName } from './api-name.ts';
import { command } from './command.ts';
import { EXIT } from './errors.ts';
import type { BackendReport } from './management/backends.ts';
import { exchangeText } from './screen/exchange-text.ts';
import type { Output } from './screen/output.ts';
import { headers, type Pair, pairs } from './settings.ts';

interface Options {
  readonly method?: string;
  readonly parameter?: readonly Pair[];
  readonly header?: readonly Pair[];
  readonly body?: string;
  readonly app?: string;
  readonly context?: readonly Pair[];
}

export const backendTest = command<Options>({
  path: 'backend test',
  summary: 'try out what answers an API, published or not: raw request, statement, raw answer, time',
  details:
    'Invokes the function of the API past its gateway: no route, no grant, no credentials, so only operators may. What it does it does: a statement that changes rows changes them. The exit code is 0 for a status below 400.',
  arguments: [new Argument('<backend>', 'group/name')],
  options: [
    new Option('-X, --method <method>', "the API's own by default"),
    new Option(
      '-p, --parameter <name=value>',
      'a parameter, put where the API declares it, else into the query; again for the next one',
    ).argParser(pairs),
    new Option('-H, --header <header>', 'adds "Name: value"; the option again for the next one').argParser(headers),
    new Option('-d, --body <text>', 'the body; JSON gets its content type by itself, anything else counts as a form'),
    new Option('--app <name>', 'the app that seems to call; the one that owns the API by default'),
    new Option(
      '--context <name=value>',
      'what a custom authorizer would say of the caller; the option again for the next one',
    ).argParser(pairs),
  ],
  examples: [
    ['causeway backend test Parking/Space -p deviceId=S-001', 'the statement with its values, and the rows'],
    [
      'causeway backend test Enterprise/customers -d \'{"city":"Berlin"}\'',
      'a script, with the body a caller would send',
    ],
  ],
  platform: true,
  async run({ args, options, output, platform }) {
    const [name] = args as [string];
    const { group, api } = apiName(name, 'backend');
    const { method, parameter, header, body, app, context } = options;
    const { client } = await platform();
    const report = await client.testBackend(group, api, {
      ...(method !== undefined && { method: method.toUpperCase() }),
      ...(parameter !== undefined && { parameters: Object.fromEntries(parameter) }),
      ...(header !== undefined && { headers: Object.fromEntries(header) }),
      ...(body !== undefined && { body }),
      ...(app !== undefined && { app }),
      ...(context !== undefined && { context: Object.fromEntries(context) }),
    });

    output.result(report, () => reportText(report, output.colours));
    return report.answer.status < 400 ? EXIT.ok : EXIT.failed;
  },
});

function reportText({ request, statement, answer, milliseconds }: BackendReport, colours: Output['colours']): string {
  const { method, path, headers: sent, body } = request;
  const exchanged = exchangeText(
    { method, url: `http://backend${path}`, headers: Object.fromEntries(sent), ...(body !== '' && { body }) },
    {
      ...{ status: answer.status, reason: '', headers: answer.headers, milliseconds },
      body: Buffer.from(answer.body, answer.base64 ? 'base64' : 'utf8'),
    },
    colours,
  );
  if (statement === undefined) {
    return exchanged;
  }
  const values = statement.parameters.map(({ name, value }) => `  :${name} = ${valueText(value)}`);

  return [statement.sql, ...values, '', exchanged].join('\n');
}

/** `{ "longValue": 3 }` → `3` */
function valueText(value: Readonly<Record<string, unknown>>): string {
  return 'isNull' in value ? 'NULL' : JSON.stringify(Object.values(value)[0]);
}
