import { randomInt } from 'node:crypto';
import { InvalidSetting } from '../errors.ts';
import { sha256Hex } from './canonical-request.ts';

/** What an app's secret holds, as JSON. */
export interface AppCredentials {
  readonly key: string;
  readonly secret: string;
  /** A second secret, as good as the first, for changing over: it becomes the first when that is removed. */
  readonly nextSecret?: string;
  /** Grows with every change of the secrets; two changes at once have two. */
  readonly revision?: number;
  /** At most `MAX_APP_CODES`. */
  readonly appCodes: readonly string[];
}

/** usermanual-roma/roma_03_0012.html */
export const MAX_APP_CODES = 5;
/** One to sign with and one to change over to. */
export const MAX_APP_SECRETS = 2;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ALPHANUMERIC = `${LETTERS}0123456789`;
/**
 * Signs and first character are the reference system's; digits are allowed as well, since codes in use hold them. Whoever has a code can call,
 * so it must not be short enough to be guessed.
 */
const APP_CODE = /^[A-Za-z+/][A-Za-z0-9+_!@#$%/=]{31,179}$/;

/** New credentials: a key of 20 characters, a secret and one AppCode of 40 (238 bits), none of which needs quoting anywhere. */
export function generateAppCredentials(): AppCredentials {
  return { key: random(20), secret: generateAppSecret(), appCodes: [generateAppCode()] };
}

/** A secret of 40 letters and digits. */
export function generateAppSecret(): string {
  return random(40);
}

/** An AppCode begins with a letter (usermanual-roma/roma_03_0012.html). */
export function generateAppCode(): string {
  return random(1, LETTERS) + random(39);
}

/** @throws InvalidSetting that does not repeat the code, which may be one somebody uses */
export function checkAppCode(code: string): string {
  if (!APP_CODE.test(code)) {
    throw new InvalidSetting(
      'AppCode',
      `${code.length} characters`,
      '32 to 180 letters, digits and + _ ! @ # $ % / =, the first of them a letter, + or /',
    );
  }
  return code;
}

/** Names an AppCode without telling it: addresses and logs may hold this. */
export function appCodeId(code: string): string {
  return sha256Hex(code).slice(0, 16);
}

/** Names a secret without telling it: a part of the hash of 238 random bits. */
export function appSecretId(secret: string): string {
  return sha256Hex(secret).slice(0, 16);
}

/** The secrets that count in what a secret of Secrets Manager holds: none, one or two. */
export function secretsOf(value: object | undefined): string[] {
  const { secret, nextSecret } = (value ?? {}) as Partial<Record<keyof AppCredentials, unknown>>;

  return isText(secret) ? [secret, nextSecret].filter(isText) : [];
}

/** Whether a secret's value is an app's credentials; a new secret holds a random text of Secrets Manager's. */
export function isAppCredentials(value: unknown): value is AppCredentials {
  const { key, secret, appCodes } = (value ?? {}) as Partial<Record<keyof AppCredentials, unknown>>;

  return isText(key) && isText(secret) && Array.isArray(appCodes) && appCodes.every(isText);
}

/** The credentials in what a secret of Secrets Manager holds; undefined while it holds none. */
export function readAppCredentials(value: object | undefined): AppCredentials | undefined {
  if (!isAppCredentials(value)) {
    return undefined;
  }
  const { key, secret, nextSecret, revision, appCodes } = value;

  return {
    ...{ key, secret, appCodes },
    ...(isText(nextSecret) && { nextSecret }),
    ...(typeof revision === 'number' && { revision }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function random(length: number, alphabet = ALPHANUMERIC): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
