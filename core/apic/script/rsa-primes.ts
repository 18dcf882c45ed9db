/** What an RSA private key has beside its modulus and exponents (RFC 8017, 3.2). */
export interface RsaPrimes {
  readonly p: bigint;
  readonly q: bigint;
  readonly dp: bigint;
  readonly dq: bigint;
  readonly qi: bigint;
}

/** Each base finds them with a chance of at least a half. */
const BASES = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n, 43n, 47n, 53n];

/**
 * The primes of a modulus whose two exponents are known (NIST SP 800-56B, appendix C).
 *
 * @returns undefined where the three numbers do not belong together
 */
export function rsaPrimes(n: bigint, e: bigint, d: bigint): RsaPrimes | undefined {
  const product = e * d - 1n;
  if (n < 15n || n % 2n === 0n || product < 2n || product % 2n !== 0n || power(power(2n, e, n), d, n) !== 2n) {
    return undefined;
  }
  let odd = product;
  let halvings = 0;
  while (odd % 2n === 0n) {
    odd /= 2n;
    halvings += 1;
  }
  for (const base of BASES) {
    let root = power(base, odd, n);
    for (let step = 0; step < halvings; step += 1) {
      const square = (root * root) % n;
      if (square === 1n && root !== 1n && root !== n - 1n) {
        return fromPrime(n, d, common(root - 1n, n));
      }
      root = square;
    }
  }

  return undefined;
}

function fromPrime(n: bigint, d: bigint, first: bigint): RsaPrimes {
  const other = n / first;
  const [p, q] = first > other ? [first, other] : [other, first];

  return { p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: power(q, p - 2n, p) };
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    result = left & 1n ? (result * square) % modulus : result;
    square = (square * square) % modulus;
  }

  return result;
}

function common(a: bigint, b: bigint): bigint {
  return b === 0n ? a : common(b, a % b);
}
