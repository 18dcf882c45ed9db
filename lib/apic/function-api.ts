import { Duration } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { ApiParameter } from '../../core/apic/api-definition.ts';
import { parameterReader } from '../../core/apic/parameters.ts';
import type { ITable } from '../fdi/migrations.ts';
import { declareSource } from '../platform/declared-source.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { Integration } from '../platform/integration.ts';
import { checkWhole, invalid } from '../platform/setting.ts';
import type { Backend } from './api-group.ts';
import { type FunctionSourcesProps, sourceDeclarations, sourceKinds, sourceVariables } from './function-sources.ts';
import { type OwnBackendProps, requiredKey } from './own-backend.ts';
import { PublishedApi, type PublishedApiProps } from './published-api.ts';
import { type ScriptProps, scriptFunction } from './script-function.ts';
import { driverParts } from './script-library.ts';
import { checkVariables, provideVariables } from './script-variables.ts';

interface UsedTables extends OwnBackendProps {
  /**
   * Tables it reads. The database user of the APIs sees those that any API of the integration names, and no others.
   * @default - none
   */
  readonly reads?: readonly ITable[];
  /**
   * Tables it changes.
   * @default - none
   */
  readonly writes?: readonly ITable[];
}

/** A function in TypeScript or JavaScript, trusted as the rest of the integration's code is. */
export interface ModuleFunctionProps extends PublishedApiProps, UsedTables {
  /** The path of a module whose default export is an `ApiFunction`: `async (request, context) => …`. */
  readonly code: string;
  readonly script?: never;
  /**
   * `context.variables`; a value may be known only at deployment.
   * @default - none
   */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * `context.secrets`: a secret's text, or one field of it where it is JSON.
   * @default - none
   */
  readonly secrets?: Readonly<Record<string, { readonly secret: Pick<ISecret, 'secretArn'>; readonly key?: string }>>;
  /**
   * `context.source(name)`: databases and Redis outside of the platform.
   * @default - none
   */
  readonly sources?: FunctionSourcesProps;
  /**
   * MB, 128 to 10,240; a full core comes with 1,769.
   * @default 1024
   */
  readonly memory?: number;
  /**
   * How long a call may take, 1 to 29 seconds; then it is answered 504.
   * @default Duration.seconds(29)
   */
  readonly timeout?: Duration;
}

/** A script of the reference system, in a sandbox. `Scripts` publishes a folder of them. */
export interface ScriptFunctionProps extends PublishedApiProps, UsedTables, ScriptProps {
  /** The path of a script: `function execute(data)`. */
  readonly script: string;
  readonly code?: never;
}

export type FunctionApiProps = ModuleFunctionProps | ScriptFunctionProps;

/** A function, published as an API; it runs in a Lambda function of its own. */
export class FunctionApi extends PublishedApi {
  /** @throws InvalidSetting naming what cannot work: the module is compiled, the script checked */
  constructor(scope: Construct, id: string, props: FunctionApiProps) {
    super(scope, id, props, (api, parameters) => ({
      ...(props.code === undefined ? scriptBackend(api, props) : moduleBackend(api, props, parameters)),
      ...requiredKey(api, props),
    }));
    if (props.code !== undefined) {
      for (const [name, source] of Object.entries(props.sources ?? {})) {
        const { groupName } = props.group;
        declareSource(this, `${groupName}.${this.apiName}.${name}`, source, { usedBy: `${groupName}/${this.apiName}` });
      }
    }
    for (const table of props.reads ?? []) {
      table.grant(['SELECT']);
    }
    for (const table of props.writes ?? []) {
      table.grant(['INSERT', 'UPDATE', 'DELETE']);
    }
  }
}

function scriptBackend(api: Construct, props: ScriptFunctionProps): Backend {
  if (props.script === undefined) {
    throw invalid(api, 'code', undefined, 'the path of a module, or `script` with the path of a script');
  }
  const { handler, backendOf } = scriptFunction(api, props.group, [props.script], props);

  return { handler, backend: backendOf(props.script) };
}

function moduleBackend(api: Construct, props: ModuleFunctionProps, parameters: readonly ApiParameter[]): Backend {
  const { group, code, variables = {}, secrets = {}, sources = {} } = props;
  const { memory = 1024, timeout = Duration.seconds(29) } = props;
  if (props.script !== undefined) {
    throw invalid(api, 'script', props.script, 'nothing beside `code`');
  }
  if (!/\.[cm]?[jt]s$/.test(code)) {
    throw invalid(api, 'code', code, 'the path of a module: *.ts, *.mts, *.js or *.mjs');
  }
  checkWhole(api, 'timeout', timeout.toSeconds(), { min: 1, max: 29, unit: 'seconds' });
  checkVariables(api, { ...variables, ...secrets });
  const twice = Object.keys(variables).find((name) => name in secrets);
  if (twice !== undefined) {
    throw invalid(api, `secrets.${twice}`, 'a name of `variables`', 'a name of its own');
  }
  // A default that is no value of its type is found here and not by the first call.
  parameterReader(parameters, new Set(), `${api.node.path}: parameters`);
  let provided: object = {};
  const handler = group.backend(api, 'Function', {
    entry: 'apic/run-function',
    module: code,
    description: `Answers ${api.node.id}`,
    memory,
    timeout,
    files: { 'variables.json': () => provided },
    parts: driverParts(sourceKinds(api, sources)),
  });
  provided = provideAll(handler, { variables, secrets, sources });
  const { database } = Integration.of(api).platform;
  database?.grant(handler, 'causeway_api');

  return { handler, backend: { kind: 'function' } };
}

/** All in one go: what is known only at deployment gets numbers in the function's environment. */
function provideAll(
  handler: HandlerFunction,
  { variables, secrets, sources }: Required<Pick<ModuleFunctionProps, 'variables' | 'secrets' | 'sources'>>,
) {
  const provided = provideVariables(handler, { ...variables, ...secrets, ...sourceVariables(sources) });
  const named = (names: object) => Object.fromEntries(Object.keys(names).map((name) => [name, provided[name]]));

  return { variables: named(variables), secrets: named(secrets), sources: sourceDeclarations(sources, provided) };
}
