import { parseSourceUrl, type SourceAddress } from '../apic/script/jdbc-url.ts';
import type { DataSource } from './data-source.ts';

/** Where a text is that no template holds. */
interface SecretPlace {
  readonly secretArn: string;
  /** A field, where the secret is JSON. */
  readonly key?: string;
}

/** A source that a stack declares, as the catalogue has it. */
export interface DeclaredSource {
  readonly url: string;
  readonly user?: string;
  readonly password?: SecretPlace;
  /** PEM: the authorities that certify it. */
  readonly ca?: { readonly pem: string } | SecretPlace;
  /** What uses it: `Shop/Orders`. */
  readonly usedBy: string;
  /** Tables that are written, with their schema where it is another than the user's. */
  readonly writes?: readonly string[];
}

/** As lists show it: without a user, and without anything that stands beside the address in its URL. */
export function declaredView(name: string, { url, usedBy }: Pick<DeclaredSource, 'url' | 'usedBy'>): DataSource {
  const address = addressOf(url);
  if (address === undefined) {
    return { name, kind: 'unknown', description: `its URL names no source; used by ${usedBy}` };
  }
  const { kind, host, port, database } = address;

  return { name, kind, description: `${host}:${port}${database === '' ? '' : `/${database}`}, used by ${usedBy}` };
}

function addressOf(url: string): SourceAddress | undefined {
  try {
    return parseSourceUrl(undefined, url);
  } catch {
    // What is wrong with it, the test says.
    return undefined;
  }
}
