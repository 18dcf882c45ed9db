import { createHash } from 'node:crypto';

const SUFFIX_LENGTH = 12;

/**
 * A name as CloudFormation generates it, `<stack>-<logicalId>-<12 characters>`; the suffix is a digest, so that the
 * same template has the same names on every start and in every state folder.
 */
export function resourceName(stack: string, logicalId: string, maximum = 64): string {
  const suffix = BigInt(`0x${createHash('sha256').update(`${stack}/${logicalId}`).digest('hex')}`)
    .toString(36)
    .toUpperCase()
    .slice(0, SUFFIX_LENGTH);

  return `${`${stack}-${logicalId}`.slice(0, maximum - SUFFIX_LENGTH - 1)}-${suffix}`;
}
