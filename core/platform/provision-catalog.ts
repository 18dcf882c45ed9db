import { InvalidSetting, Refusal } from '../errors.ts';
import { type KeptModel, nextModel } from '../link/model-history.ts';
import type { ProductModel } from '../link/product-model.ts';
import type { CatalogDocument, CatalogEntry } from './catalog-entry.ts';

/** An entry as it is stored. */
export interface StoredEntry extends CatalogEntry {
  /** The custom resource the entry belongs to. */
  readonly owner?: string;
}

export type EntryKey = Pick<CatalogEntry, 'kind' | 'name'>;

export interface ProvisionCatalogPorts {
  readonly find: (key: EntryKey) => Promise<StoredEntry | undefined>;
  /** Stores an entry unless there is one of its kind and name; answers whether it did. */
  readonly add: (entry: StoredEntry) => Promise<boolean>;
  readonly change: (
    key: EntryKey,
    entry: { readonly document: CatalogDocument; readonly owner: string },
  ) => Promise<void>;
  readonly remove: (key: EntryKey) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Makes the catalogue's entries of one owner match what its stack declares. Fields that were never declared (a task's event source, written
 * at run time) stay. Repeatable at any point.
 *
 * @param before what was declared until now
 * @throws Refusal CAUSEWAY.0409 when an entry belongs to somebody else
 */
export async function provisionCatalog(
  ports: ProvisionCatalogPorts,
  owner: string,
  declared: readonly CatalogEntry[],
  before: readonly CatalogEntry[] = [],
): Promise<void> {
  const keys = new Set(declared.map(keyOf));
  if (keys.size < declared.length) {
    throw new InvalidSetting('catalogue', declared.map(keyOf), 'each kind and name only once');
  }
  const old = new Map(before.map((entry) => [keyOf(entry), entry.document]));
  for (const entry of declared) {
    await keep(ports, owner, entry, old.get(keyOf(entry)));
  }
  await removeEntries(
    ports,
    owner,
    before.filter((entry) => !keys.has(keyOf(entry))),
  );
}

/** Removes entries, as far as they are the owner's. */
export async function removeEntries(
  ports: Pick<ProvisionCatalogPorts, 'find' | 'remove'>,
  owner: string,
  entries: readonly CatalogEntry[],
): Promise<void> {
  for (const { kind, name } of entries) {
    if ((await ports.find({ kind, name }))?.owner === owner) {
      await ports.remove({ kind, name });
    }
  }
}

async function keep(
  ports: ProvisionCatalogPorts,
  owner: string,
  { kind, name, document }: CatalogEntry,
  old: CatalogDocument = {},
): Promise<void> {
  if (await ports.add({ kind, name, document, owner })) {
    return;
  }
  const stored = await ports.find({ kind, name });
  if (stored !== undefined && stored.owner !== owner) {
    throw new Refusal('CAUSEWAY.0409', {
      message: `There is a ${kind} named ${name} already, declared by ${stored.owner ?? 'nobody known'}; names are unique in a platform.`,
    });
  }
  const undeclared = Object.entries(stored?.document ?? {}).filter(([field]) => !(field in old));
  const next = kind === 'model' ? withHistory(stored, document, ports.now()) : document;
  await ports.change({ kind, name }, { document: { ...Object.fromEntries(undeclared), ...next }, owner });
}

/** Of a thing model the catalogue keeps the versions before: messages are judged by that of their time. */
function withHistory(stored: StoredEntry | undefined, document: CatalogDocument, now: number): CatalogDocument {
  const before = stored?.document as unknown as KeptModel | undefined;

  return { ...nextModel(before, document as unknown as ProductModel, now) };
}

function keyOf({ kind, name }: EntryKey): string {
  return `${kind}/${name}`;
}
