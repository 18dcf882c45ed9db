import { randomInt } from 'node:crypto';
import { AwsError } from '../errors.ts';

/** As GetRandomPassword and GenerateSecretString take them. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html */
export interface PasswordOptions {
  /** @default 32 */
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeLowercase?: boolean;
  readonly IncludeSpace?: boolean;
  /** At least one character of every type that is not excluded. @default true */
  readonly RequireEachIncludedType?: boolean;
}

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** Throws `AwsError` InvalidParameterException when the options leave nothing to choose from. */
export function randomPassword(options: PasswordOptions): string {
  const { PasswordLength = 32, RequireEachIncludedType = true } = options;
  const types = alphabets(options);
  if (types.length === 0) {
    throw new AwsError('InvalidParameterException', 'The password options exclude every character.');
  }
  if (RequireEachIncludedType && PasswordLength < types.length) {
    throw new AwsError(
      'InvalidParameterException',
      `PasswordLength ${PasswordLength} is too short to hold one character of each of the ${types.length} included types.`,
    );
  }
  const everything = types.join('');
  const required = RequireEachIncludedType ? types.map(pick) : [];
  const rest = Array.from({ length: PasswordLength - required.length }, () => pick(everything));

  return shuffled([...required, ...rest]).join('');
}

function alphabets(options: PasswordOptions): string[] {
  const excluded = new Set(options.ExcludeCharacters ?? '');

  return [
    options.ExcludeLowercase ? '' : LOWERCASE,
    options.ExcludeUppercase ? '' : UPPERCASE,
    options.ExcludeNumbers ? '' : NUMBERS,
    options.ExcludePunctuation ? '' : PUNCTUATION,
    options.IncludeSpace ? ' ' : '',
  ]
    .map((alphabet) => [...alphabet].filter((character) => !excluded.has(character)).join(''))
    .filter((alphabet) => alphabet !== '');
}

function pick(alphabet: string): string {
  return alphabet.charAt(randomInt(alphabet.length));
}

/** Fisher-Yates: the required characters must not stand in front. */
function shuffled(characters: readonly string[]): string[] {
  const result = [...characters];
  for (let last = result.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [result[last], result[other]] = [result[other] as string, result[last] as string];
  }

  return result;
}
