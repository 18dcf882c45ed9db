import { ArnFormat, Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './environment.ts';

export type SecretKind = 'app' | 'devices' | 'signature-key';

/**
 * `causeway/<environment>/app/<name>-<part of the stack's id>`: a policy can name all apps of an environment (the authorizer of calls must
 * read the secret of whoever calls), and a stack that was deleted can be made again while its old secrets wait out their recovery window.
 */
export function secretName(scope: Construct, environment: Environment, kind: SecretKind, name: string): string {
  const uuid = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));

  return Fn.join('-', [`${secretFolder(environment, kind)}/${name}`, Fn.select(0, Fn.split('-', uuid))]);
}

/** The ARN of every secret of a kind in an environment. */
export function secretsArn(scope: Construct, environment: Environment, kind: SecretKind): string {
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${secretFolder(environment, kind)}/*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** Below the folder of its kind, where no stack's secret lies: `causeway/<environment>/app/run-time`. */
export function runTimeSecretFolder(environment: Environment, kind: SecretKind): string {
  return `${secretFolder(environment, kind)}/run-time`;
}

/** The ARN of every secret of a kind that was made at run time. */
export function runTimeSecretsArn(scope: Construct, environment: Environment, kind: SecretKind): string {
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${runTimeSecretFolder(environment, kind)}/*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

function secretFolder(environment: Environment, kind: SecretKind): string {
  return `causeway/${environment.name}/${kind}`;
}

/** The logical id of an output that `causeway` reads: `CausewayAppParkingOwner`. Logical ids hold letters and digits only. */
export function outputId(kind: 'App' | 'Api' | 'Devices' | 'Secret' | 'Files', name: string): string {
  return `Causeway${kind}${name.replaceAll(/[^A-Za-z0-9]/g, '')}`;
}
