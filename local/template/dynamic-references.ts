import { TemplateError } from '../errors.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html */
const REFERENCE = /\{\{resolve:([^:}]+):([^}]*)\}\}/g;

/** `<secret-id>:SecretString:<json-key>:<version-stage>:<version-id>`; an ARN as id brings six colons of its own. */
const SECRET =
  /^(arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|[^:]+)(?::SecretString)?(?::([^:]*))?(?::([^:]*))?(?::([^:]*))?$/;

/** True when any text in the value holds a dynamic reference. */
export function hasDynamicReference(value: unknown): boolean {
  return JSON.stringify(value ?? null).includes('{{resolve:');
}

/**
 * Replaces `{{resolve:secretsmanager:…}}` in every text of a value.
 * @param secret the current value of a secret by name or ARN, undefined when there is none
 */
export function resolveDynamicReferences(value: unknown, secret: (id: string) => string | undefined): unknown {
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (whole, service: string, reference: string) => {
      if (service !== 'secretsmanager') {
        throw new TemplateError(`${whole}: dynamic references to ${service} are not served locally`);
      }
      return secretValue(whole, reference, secret);
    });
  }
  if (Array.isArray(value)) return value.map((item) => resolveDynamicReferences(item, secret));
  if (typeof value !== 'object' || value === null) return value;

  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveDynamicReferences(item, secret)]));
}

function secretValue(whole: string, reference: string, secret: (id: string) => string | undefined): string {
  const match = SECRET.exec(reference);
  const [, id = '', key = '', stage = '', version = ''] = match ?? [];
  if (match === null || (stage !== '' && stage !== 'AWSCURRENT') || version !== '') {
    throw new TemplateError(`${whole}: only the current version of a secret can be resolved`);
  }
  const text = secret(id);
  if (text === undefined) throw new TemplateError(`${whole}: there is no such secret`);
  if (key === '') return text;
  const value = jsonMember(text, key);
  if (value === undefined) throw new TemplateError(`${whole}: the secret has no key "${key}"`);

  return value;
}

function jsonMember(text: string, key: string): string | undefined {
  try {
    const value: unknown = (JSON.parse(text) as Record<string, unknown>)[key];

    return value === undefined ? undefined : String(value);
  } catch {
    return undefined;
  }
}
