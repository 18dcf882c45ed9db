import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { certificateAuthorities } from '../../core/apic/certificate-authorities.ts';
import type { ScriptPasswords, ScriptVariable } from '../../core/apic/script/script-variable.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { checkName, type Place } from '../platform/setting.ts';

/** A text, also one known only at deployment, or a secret (one field of it, where it is JSON). */
export type ScriptVariableProps = string | ScriptSecretProps;

/** What `#{name}` in scripts stands for. */
export type ScriptVariablesProps = Readonly<Record<string, ScriptVariableProps>>;

/** A secret, or one field of it, where it is JSON. */
export interface ScriptSecretProps {
  readonly secret: Pick<ISecret, 'secretArn'>;
  readonly key?: string;
}

/** What `CipherUtils` of scripts finds. */
export interface ScriptPasswordsProps {
  /**
   * What `CipherUtils.getPlainCipherText(name)` gives: secrets that scripts read when they ask for them, and not before.
   * @default - none
   */
  readonly passwords?: Readonly<Record<string, ScriptSecretProps>>;
  /**
   * What `CipherUtils.getPlainCertificate(name)` gives: secrets with the JSON `{"certificate", "privateKey", "passphrase"}`, PEM.
   * @default - none
   */
  readonly certificates?: Readonly<Record<string, ScriptSecretProps>>;
  /**
   * PEM, or a secret with it, by the host that scripts name in a source's URL: the authorities that certify it, in place of the usual ones. Connections to it are
   * encrypted and verified then, whatever the URL says.
   * @default - the usual ones, where the URL asks for verification
   */
  readonly sourceAuthorities?: Readonly<Record<string, ScriptVariableProps>>;
}

/** @throws InvalidSetting for a name scripts cannot write */
export function checkVariables(place: Place, variables: ScriptVariablesProps): void {
  for (const name of Object.keys(variables)) {
    checkName(place, 'variables', name, /^[\w.-]{1,64}$/, '1 to 64 letters, digits, `_`, `.` or `-`');
  }
}

/**
 * Tells a function what its scripts' variables stand for: values go into a file beside its code, what is known only at deployment into its
 * environment, and secrets stay where they are.
 *
 * @returns the content of that file
 */
export function provideVariables(
  handler: HandlerFunction,
  variables: ScriptVariablesProps,
): Readonly<Record<string, ScriptVariable>> {
  const provided = Object.entries(variables).map(([name, variable], index) => {
    const environment = `SCRIPT_VARIABLE_${index}`;
    if (typeof variable === 'string') {
      return [name, textVariable(handler, environment, variable)] as const;
    }

    return [name, secretVariable(handler, environment, variable)] as const;
  });

  return Object.fromEntries(provided);
}

/** @throws InvalidSetting for a name the reference system does not take either */
export function checkPasswords(
  place: Place,
  { passwords = {}, certificates = {}, sourceAuthorities = {} }: ScriptPasswordsProps,
): void {
  for (const [host, authority] of Object.entries(sourceAuthorities)) {
    checkName(
      place,
      'sourceAuthorities',
      host,
      /^[A-Za-z0-9.:-]{1,253}$/,
      'a host, as it stands in URLs, without a port',
    );
    if (typeof authority === 'string' && !Token.isUnresolved(authority)) {
      const path = typeof place === 'string' ? place : place.node.path;
      certificateAuthorities(`${path}: sourceAuthorities.${host}`, authority);
    }
  }
  for (const name of Object.keys({ ...passwords, ...certificates })) {
    checkName(
      place,
      'passwords',
      name,
      /^[A-Za-z][\w.@-]{0,511}$/,
      'a letter, and up to 511 letters, digits, `_`, `-`, `.` or `@`',
    );
  }
}

/** Tells a function where the passwords and certificates of its scripts are, and lets it read those. @returns the content of a file beside its code */
export function providePasswords(
  handler: HandlerFunction,
  { passwords = {}, certificates = {}, sourceAuthorities = {} }: ScriptPasswordsProps,
): ScriptPasswords {
  const authorities = Object.entries(sourceAuthorities).map(([host, authority], index) => {
    const environment = `SCRIPT_AUTHORITY_${index}`;
    const variable =
      typeof authority === 'string'
        ? textVariable(handler, environment, authority)
        : secretVariable(handler, environment, authority);

    return [host, variable] as const;
  });

  const provided = (prefix: string, secrets: Readonly<Record<string, ScriptSecretProps>>) =>
    Object.fromEntries(
      Object.entries(secrets).map(([name, secret], index) => [
        name,
        secretVariable(handler, `${prefix}_${index}`, secret),
      ]),
    );

  return {
    passwords: provided('SCRIPT_PASSWORD', passwords),
    certificates: provided('SCRIPT_CERTIFICATE', certificates),
    ...(authorities.length > 0 && { authorities: Object.fromEntries(authorities) }),
  };
}

function secretVariable(
  handler: HandlerFunction,
  environment: string,
  { secret, key }: ScriptSecretProps,
): ScriptVariable {
  handler.variable(environment, secret.secretArn).allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);

  return { secret: environment, ...(key !== undefined && { key }) };
}

function textVariable(handler: HandlerFunction, environment: string, value: string): ScriptVariable {
  if (!Token.isUnresolved(value)) {
    return { value };
  }
  handler.variable(environment, value);

  return { environment };
}
