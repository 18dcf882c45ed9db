import { Refusal } from '../errors.ts';
import type { AppCredentials } from './app-credentials.ts';

/** An app as everybody who may read the catalogue may see it. */
export interface AppView {
  readonly app: string;
  /** Names the app in a signature; no secret. Empty while its credentials are still being made. */
  readonly key: string;
  /** How many AppCodes it has. */
  readonly appCodes: number;
  /** `stack`: it comes and goes with a deployment. `run-time`: an operator made it. */
  readonly origin: Origin;
}

export type Origin = 'stack' | 'run-time';

/** Undefined while the app's credentials are still being made. */
export type SecretOf = () => Promise<AppCredentials | undefined>;

export async function appView(secretOf: SecretOf, app: string, origin: Origin): Promise<AppView> {
  const secret = await secretOf();

  return { app, key: secret?.key ?? '', appCodes: secret?.appCodes.length ?? 0, origin };
}

/** @throws Refusal CAUSEWAY.0412 while the credentials are still being made */
export async function appCredentials(secretOf: SecretOf, app: string): Promise<AppCredentials> {
  const secret = await secretOf();
  if (secret === undefined) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `The app ${app} has no credentials yet: its deployment is not finished.`,
    });
  }

  return secret;
}
