import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../errors.ts';

const MIN_LENGTH = 8;
const MAX_LENGTH = 32;
const GENERATED_LENGTH = 20;

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
/** Of the special characters, those that need no quoting in a shell, a URL or JSON. */
const GENERATED_SPECIALS = '-_.';

const CLASSES: readonly (readonly [RegExp, string])[] = [
  [/[0-9]/, 'a digit'],
  [/[A-Z]/, 'an upper-case letter'],
  [/[a-z]/, 'a lower-case letter'],
  [/[!-/:-@[-`{-~]/, 'a special character'],
];

/** N, r, p of scrypt: about 25 ms, so that 2,000 devices can log in at once. */
const COST = { N: 8192, r: 8, p: 1 } as const;
/** What a stored hash may at most ask for: 32 MB, Node's own limit for scrypt. */
const MAX_COST = { N: 16384, r: 8, p: 4 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/**
 * 8 to 32 visible ASCII characters with a digit, an upper-case and a lower-case letter and a special character.
 *
 * @throws Refusal that says what is missing, and never the password
 */
export function checkPassword(password: string): void {
  const problems = [
    ...(password.length < MIN_LENGTH || password.length > MAX_LENGTH ? [`it has ${password.length} characters`] : []),
    ...(/^[!-~]*$/.test(password) ? [] : ['it holds a space or a character outside ASCII']),
    ...CLASSES.filter(([pattern]) => !pattern.test(password)).map(([, name]) => `it lacks ${name}`),
  ];
  if (problems.length > 0) {
    throw new Refusal('CAUSEWAY.0400', {
      message:
        `password: ${problems.join(', ')}; allowed: ${MIN_LENGTH} to ${MAX_LENGTH} visible ASCII characters ` +
        `with ${CLASSES.map(([, name]) => name).join(', ')}`,
    });
  }
}

/** A random password that passes `checkPassword`. */
export function generatePassword(): string {
  const all = LOWER + UPPER + DIGITS + GENERATED_SPECIALS;
  const characters = [LOWER, UPPER, DIGITS, GENERATED_SPECIALS].map(pick);
  while (characters.length < GENERATED_LENGTH) {
    characters.push(pick(all));
  }

  return shuffled(characters).join('');
}

/** `scrypt$<N>$<r>$<p>$<salt, base64>$<hash, base64>` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, HASH_BYTES, COST);

  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64'), hash.toString('base64')].join('$');
}

/**
 * Whether this is the password the hash was made of. Without a hash (an unknown device) it takes the same time and answers false, so that
 * the time of a refusal does not tell which devices exist.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const known = stored === undefined ? undefined : parseHash(stored);
  const { salt, hash, cost } = known ?? { salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES), cost: COST };
  const derived = await derive(password, salt, hash.length, cost);

  return timingSafeEqual(derived, hash) && known !== undefined;
}

interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Undefined for anything we did not write: a damaged item must refuse its device, not bring the authorizer down. */
function parseHash(stored: string): { salt: Buffer; hash: Buffer; cost: Cost } | undefined {
  const match = /^scrypt\$(\d{1,6})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/.exec(stored);
  if (match === null) {
    return undefined;
  }
  const [N, r, p] = match.slice(1, 4).map(Number) as [number, number, number];
  const [salt, hash] = match.slice(4).map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer];
  const powerOfTwo = N > 1 && (N & (N - 1)) === 0;
  const affordable = N <= MAX_COST.N && r >= 1 && r <= MAX_COST.r && p >= 1 && p <= MAX_COST.p;

  return powerOfTwo && affordable && hash.length >= 16 ? { salt, hash, cost: { N, r, p } } : undefined;
}

function derive(password: string, salt: Buffer, length: number, cost: Cost): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(password, salt, length, cost, (error, key) => (error ? reject(error) : resolve(key)));

  return promise;
}

function pick(alphabet: string): string {
  return alphabet.charAt(randomInt(alphabet.length));
}

function shuffled(characters: readonly string[]): string[] {
  return characters.reduce<string[]>((done, character) => done.toSpliced(randomInt(done.length + 1), 0, character), []);
}
