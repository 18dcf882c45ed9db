import { randomInt } from 'node:crypto';

/** What an app's secret holds, as JSON. */
export interface AppCredentials {
  readonly key: string;
  readonly secret: string;
  /** At most 5. */
  readonly appCodes: readonly string[];
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ALPHANUMERIC = `${LETTERS}0123456789`;

/** New credentials: a key of 20 characters, a secret and one AppCode of 40 (238 bits), none of which needs quoting anywhere. */
export function generateAppCredentials(): AppCredentials {
  // An AppCode begins with a letter (usermanual-roma/roma_03_0012.html).
  return { key: random(20), secret: random(40), appCodes: [random(1, LETTERS) + random(39)] };
}

/** Whether a secret's value is an app's credentials; a new secret holds a random text of Secrets Manager's. */
export function isAppCredentials(value: unknown): value is AppCredentials {
  const { key, secret, appCodes } = (value ?? {}) as Partial<Record<keyof AppCredentials, unknown>>;

  return isText(key) && isText(secret) && Array.isArray(appCodes) && appCodes.every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function random(length: number, alphabet = ALPHANUMERIC): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
