import type { GatewayEngine } from '../engines.ts';
import { TemplateError } from '../errors.ts';
import type { CodeSource } from '../lambda/code-store.ts';
import { resource } from '../template/resource.ts';

interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Description?: string;
  readonly Code: { readonly ZipFile?: string; readonly S3Key?: string; readonly ImageUri?: string };
  readonly Handler?: string;
  readonly Runtime?: string;
  readonly Role: string;
  readonly MemorySize?: number | string;
  readonly Timeout?: number | string;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
  readonly ReservedConcurrentExecutions?: number | string;
  readonly LoggingConfig?: { readonly LogGroup?: string };
}

/**
 * Properties that change what a function is and that nothing here can stand in for. What only tunes it in the cloud
 * (architecture, network, tracing, temporary storage) is accepted: see docs/local-differences.md.
 */
const REFUSED = ['Layers', 'FileSystemConfigs', 'SnapStart', 'ImageConfig', 'DeadLetterConfig'];

/** AWS::Lambda::Function → processes of its own, started when it is called. */
export const lambdaFunction = resource<FunctionProperties>('AWS::Lambda::Function', {
  rebuilt: true,
  apply({ properties, assetDirectory, engines, name }) {
    const refused = REFUSED.find((property) => property in properties);
    if (refused !== undefined) throw new TemplateError(`${refused} is not served locally`);
    const functionName = properties.FunctionName ?? name();
    const { ReservedConcurrentExecutions: reserved } = properties;
    const definition = engines.lambda.functions.put(
      {
        name: functionName,
        roleArn: properties.Role,
        handler: properties.Handler ?? '',
        runtime: properties.Runtime ?? '',
        description: properties.Description ?? '',
        memorySize: Number(properties.MemorySize ?? 128),
        timeout: Number(properties.Timeout ?? 3),
        environment: variables(properties.Environment?.Variables ?? {}, engines.gateway),
        logGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${functionName}`,
        ...(reserved === undefined ? {} : { reservedConcurrency: Number(reserved) }),
      },
      codeSource(properties.Code, assetDirectory),
    );

    engines.logGroups.attach(definition.logGroup, functionName);

    return { ref: functionName, attributes: { Arn: definition.arn } };
  },
  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.lambda.functions.remove(previous.ref);
  },
});

function codeSource(code: FunctionProperties['Code'], directory: string | undefined): CodeSource {
  if (code.ImageUri !== undefined) throw new TemplateError('container images are not run locally');
  if (code.ZipFile !== undefined) return { zipFile: code.ZipFile };
  if (directory === undefined) throw new TemplateError(`no asset of the assembly has the key ${code.S3Key}`);

  return { directory };
}

/** What names an API of this machine leads there: nobody else answers at the address that AWS would give it. */
function variables(
  given: Readonly<Record<string, unknown>>,
  gateway: Pick<GatewayEngine, 'addressHere'>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, gateway.addressHere(String(value))]));
}
