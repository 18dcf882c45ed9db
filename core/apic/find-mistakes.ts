import type { Proof } from './app-schemes.ts';
import type { BodyReadings } from './body-readings.ts';
import type { SignableRequest } from './canonical-request.ts';
import { coveredHash, type PresentedSignature, signatureMatches, stringToSign, UNSIGNED_PAYLOAD } from './signature.ts';
import {
  headerWritings,
  type MistakeName,
  pathWritings,
  queryWritings,
  type Writing,
  writingsOf,
} from './signing-mistakes.ts';

/** What a caller signed, as far as guesses go. */
export interface Signed {
  readonly mistakes: readonly MistakeName[];
  readonly canonical: string;
}

/** Where two canonical requests differ. Lines count from 1; null: there is no such line. */
export interface Difference {
  readonly line: number;
  readonly signed: string | null;
  readonly expected: string | null;
}

/** So many mistakes at a time are looked for: one more multiplies the work, and what it finds explains little. */
const MISTAKES_AT_ONCE = 2;
/** What may be wrong with the whole of it, beside its parts. */
const OF_THE_WHOLE = ['text-not-hashed', 'secret-line-break', 'key-as-secret'] as const;

/**
 * Looks for the fewest mistakes with which a signature comes out: some thousands of texts at most, each hashed with the secret.
 *
 * @param knowsSecret whether a proof holds for a secret of the app that is said to have signed
 */
export async function findMistakes(
  request: SignableRequest,
  body: BodyReadings,
  presented: PresentedSignature,
  knowsSecret: (proof: Proof) => Promise<boolean>,
): Promise<Signed | undefined> {
  const guesses = guessesOf(partsOf(request, presented, body)).sort((a, b) => a.mistakes.length - b.mistakes.length);
  let found: Signed | undefined;
  await knowsSecret((secret) => {
    found ??= guesses.find((guess) => comesOut(guess, presented, secret));

    return found !== undefined;
  });

  return found;
}

export function differences(signed: string, expected: string): Difference[] {
  const [theirs, ours] = [signed.split('\n'), expected.split('\n')];
  const count = Math.max(theirs.length, ours.length);

  return Array.from({ length: count }, (_, index) => ({
    line: index + 1,
    signed: theirs[index] ?? null,
    expected: ours[index] ?? null,
  })).filter((line) => line.signed !== line.expected);
}

function comesOut({ mistakes, canonical }: Signed, presented: PresentedSignature, secret: string): boolean {
  const { dateText, signature, key } = presented;
  const text = stringToSign(dateText, canonical);
  const [head] = text.split(/[0-9a-f]{64}$/);
  const signed = mistakes.includes('text-not-hashed') ? `${head}${canonical}` : text;

  return secretsUsed(mistakes, secret, key).some((used) => signatureMatches(signature, [signed], used));
}

function secretsUsed(mistakes: readonly MistakeName[], secret: string, key: string): string[] {
  if (mistakes.includes('key-as-secret')) {
    return [key];
  }

  return mistakes.includes('secret-line-break') ? [`${secret}\n`, `${secret}\r\n`, `${secret} `] : [secret];
}

/** The parts of a canonical request, each as it may have been written, the right way first; then what was done with the whole. */
function partsOf(request: SignableRequest, presented: PresentedSignature, body: BodyReadings): Writing[][] {
  const covered = coveredHash(presented.body, body.sha256);
  const method = request.method.toUpperCase();
  const hashes: Writing[] = [
    ...(presented.body.kind === 'received' ? [] : [wrong('body-hash-header', body.sha256)]),
    ...body.others.map(({ mistake, sha256 }) => wrong(mistake, sha256)),
    wrong('body-hash-case', covered.toUpperCase()),
    wrong('body-unsigned', UNSIGNED_PAYLOAD),
  ];

  return [
    writingsOf([method], [wrong('method-case', method.toLowerCase())]),
    pathWritings(request.path),
    queryWritings(request.query),
    headerWritings(request, presented.signedHeaders),
    writingsOf([covered], hashes),
    [{ value: '', mistakes: [] }, ...OF_THE_WHOLE.map((mistake) => wrong(mistake, ''))],
  ];
}

function wrong(mistake: MistakeName, value: string): Writing {
  return { value, mistakes: [mistake] };
}

function guessesOf(parts: readonly Writing[][]): Signed[] {
  let guesses: { lines: readonly string[]; mistakes: readonly MistakeName[] }[] = [{ lines: [], mistakes: [] }];
  for (const writings of parts) {
    guesses = guesses.flatMap(({ lines, mistakes }) =>
      writings
        .filter((writing) => mistakes.length + writing.mistakes.length <= MISTAKES_AT_ONCE)
        .map(({ value, mistakes: more }) => ({ lines: [...lines, value], mistakes: [...mistakes, ...more] })),
    );
  }

  return guesses.map(({ lines, mistakes }) => ({ canonical: lines.slice(0, -1).join('\n'), mistakes }));
}
