import { AwsError } from '../errors.ts';
import { type PasswordOptions, randomPassword } from './random-password.ts';

/** `GenerateSecretString` of AWS::SecretsManager::Secret. */
export interface GenerateSecretString extends PasswordOptions {
  /** JSON text that the password is put into. */
  readonly SecretStringTemplate?: string;
  /** Under this key. */
  readonly GenerateStringKey?: string;
}

/** A bare password, or the template with the password under its key. Throws `AwsError` InvalidParameterException. */
export function generateSecretString(options: GenerateSecretString): string {
  const { SecretStringTemplate: template, GenerateStringKey: key, ...password } = options;
  if (template === undefined && key === undefined) return randomPassword(password);
  if (template === undefined || key === undefined) {
    throw new AwsError('InvalidParameterException', 'SecretStringTemplate and GenerateStringKey belong together.');
  }

  return JSON.stringify({ ...parse(template), [key]: randomPassword(password) });
}

function parse(template: string): object {
  try {
    const value: unknown = JSON.parse(template);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // refused below
  }
  throw new AwsError('InvalidParameterException', 'SecretStringTemplate must be the text of a JSON object.');
}
