import { resolveSrv, resolveTxt } from 'node:dns/promises';
import type { MongoAddress, MongoHost } from '../../../core/fdi/mongo-url.ts';
import { SourceFailed } from './source.ts';

export interface SrvLookup {
  readonly srv: (name: string) => Promise<readonly { readonly name: string; readonly port: number }[]>;
  readonly txt: (name: string) => Promise<readonly (readonly string[])[]>;
}

export interface MongoMembers {
  readonly hosts: readonly MongoHost[];
  readonly replicaSet?: string;
}

/**
 * Who may know the member that takes writes. Of `mongodb+srv` DNS says it, and only names below the same domain count
 * (https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery).
 */
export async function mongoMembers(
  { hosts, isSrv, replicaSet }: MongoAddress,
  { srv, txt }: SrvLookup = { srv: resolveSrv, txt: resolveTxt },
): Promise<MongoMembers> {
  const [{ host } = { host: '' }] = hosts;
  if (!isSrv) {
    return { hosts, ...(replicaSet !== undefined && { replicaSet }) };
  }
  const records = await srv(`_mongodb._tcp.${host}`).catch((cause: unknown) => {
    throw new SourceFailed(`there is no host ${host}: DNS has no _mongodb._tcp of it`, { cause });
  });
  const domain = host.slice(host.indexOf('.'));
  const foreign = records.find(({ name }) => !name.toLowerCase().endsWith(domain.toLowerCase()));
  if (foreign !== undefined) {
    throw new SourceFailed(`DNS names ${foreign.name} for ${host}, which is of another domain`);
  }
  const texts = await txt(host).catch(() => []);
  const set = replicaSet ?? new URLSearchParams(texts.flat().join('')).get('replicaSet') ?? undefined;

  return {
    hosts: records.map(({ name, port }) => ({ host: name, port })),
    ...(set !== undefined && { replicaSet: set }),
  };
}
