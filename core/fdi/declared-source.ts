import { parseSourceUrl, type SourceAddress } from '../apic/script/jdbc-url.ts';
import type { DataSource } from './data-source.ts';
import { isMongoUrl, parseMongoUrl } from './mongo-url.ts';
import { type TaskSource, testedView } from './task-source.ts';

/** Where a text is that no template holds. */
interface SecretPlace {
  readonly secretArn: string;
  /** A field, where the secret is JSON. */
  readonly key?: string;
}

/** A source with a URL that a stack declares, as the catalogue has it: of function APIs, and databases of tasks. */
export interface DeclaredSource extends TaskSource {
  readonly url: string;
  readonly user?: string;
  readonly password?: SecretPlace;
  /** PEM: the authorities that certify it. */
  readonly ca?: { readonly pem: string } | SecretPlace;
  /** Tables that are written, with their schema where it is another than the user's. */
  readonly writes?: readonly string[];
}

/** As lists show it: without a user, and without anything that stands beside the address in its URL. */
export function declaredView(name: string, source: TaskSource & Partial<Pick<DeclaredSource, 'url'>>): DataSource {
  const { url, kind, place, usedBy } = source;
  if (kind !== undefined && place !== undefined) {
    return { name, kind, description: `${shownPlace(place)}, used by ${usedBy}`, ...testedView(source) };
  }
  const address = addressOf(url ?? '');
  if (address === undefined) {
    return { name, kind: 'unknown', description: `its URL names no source; used by ${usedBy}`, ...testedView(source) };
  }
  const { host, port, database } = address;
  const where = `${host}:${port}${database === '' ? '' : `/${database}`}`;

  return { name, kind: address.kind, description: `${where}, used by ${usedBy}`, ...testedView(source) };
}

/** Of a URL that is known only once it is deployed, what may be shown: its query may hold a key. */
function shownPlace(place: string): string {
  const [before = '', after] = place.split('?');

  return after === undefined ? place : before;
}

function addressOf(
  url: string,
): (Pick<SourceAddress, 'host' | 'port' | 'database'> & Pick<DataSource, 'kind'>) | undefined {
  try {
    if (isMongoUrl(url)) {
      const { hosts, database } = parseMongoUrl(url);

      return { kind: 'mongodb', host: '', port: 0, ...hosts[0], database };
    }

    return parseSourceUrl(undefined, url);
  } catch {
    // What is wrong with it, the test says.
    return undefined;
  }
}
