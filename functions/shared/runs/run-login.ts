import { readDefinitions } from '../definitions.ts';
import { environment } from '../environment.ts';
import type { DatabaseLogin } from './driver-session.ts';
import { runSecret } from './run-secret.ts';

/** Of a task: how the variables of its function begin. */
export type Side = 'SOURCE' | 'TARGET';

let authorities: Readonly<Partial<Record<Side, string>>> | undefined;

/**
 * What the function's environment says of a side. Read anew every few minutes: passwords rotate.
 *
 * @param maxAgeMs how old secrets read earlier may be
 */
export async function loginOf(side: Side, maxAgeMs?: number): Promise<DatabaseLogin> {
  const url = environment(`${side}_URL`);
  const user = process.env[`${side}_USER`];
  const secret = process.env[`${side}_SECRET_ARN`];
  const key = process.env[`${side}_SECRET_KEY`];
  const password = secret === undefined ? undefined : await secretOf(secret, key, maxAgeMs);
  const authority = process.env[`${side}_CA_ARN`];
  const ca =
    authority === undefined
      ? writtenAuthority(side)
      : await secretOf(authority, process.env[`${side}_CA_KEY`], maxAgeMs);

  return {
    url,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { ca }),
  };
}

/** In a file beside the code: a certificate is longer than an environment may be. */
function writtenAuthority(side: Side): string | undefined {
  authorities ??= readDefinitions<Partial<Record<Side, string>>>('authorities.json');

  return authorities[side];
}

function secretOf(arn: string, key: string | undefined, maxAgeMs?: number): Promise<string> {
  return runSecret({ arn, key }, 'database', maxAgeMs);
}
