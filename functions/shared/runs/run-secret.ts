import { InvalidSetting } from '../../../core/errors.ts';
import { readSecret, readSecretText, SECRET_CACHE_MS } from '../secrets.ts';

/**
 * The text of a secret, or one of its fields. Read anew every few minutes: passwords rotate.
 *
 * @param what of what it is, for the message
 * @param maxAgeMs how old a text read earlier may be
 * @throws InvalidSetting when it has none yet
 */
export async function runSecret(
  { arn, key }: { readonly arn: string; readonly key: string | undefined },
  what: string,
  maxAgeMs: number = SECRET_CACHE_MS,
): Promise<string> {
  const value =
    key === undefined
      ? await readSecretText(arn, { maxAgeMs })
      : (await readSecret<Record<string, unknown>>(arn, { maxAgeMs }))?.[key];
  if (typeof value !== 'string') {
    throw new InvalidSetting(`secret of the ${what}`, key ?? 'its text', 'a text: the secret has no such value yet');
  }

  return value;
}
