import { type CatalogEntryProperties, catalogEntry } from '../../core/platform/catalog-entry.ts';
import {
  type ProvisionCatalogPorts,
  provisionCatalog,
  removeEntries,
  type StoredEntry,
} from '../../core/platform/provision-catalog.ts';
import { type CustomResourceHandler, customResource } from '../shared/custom-resource.ts';
import { catalogTable } from '../shared/tables.ts';

export interface CatalogProperties {
  readonly Entries?: readonly CatalogEntryProperties[];
}

/** What a stack declares, entered into the catalogue; the entries belong to the resource. */
export const handler = catalogResource(awsPorts);

export function catalogResource(ports: () => ProvisionCatalogPorts): CustomResourceHandler {
  return customResource<CatalogProperties>({
    async create({ properties, physicalId }) {
      await provisionCatalog(ports(), physicalId, entriesOf(properties));

      return {};
    },
    async update({ properties, oldProperties, physicalId }) {
      await provisionCatalog(ports(), physicalId, entriesOf(properties), entriesOf(oldProperties));

      return {};
    },
    async delete({ properties, physicalId }) {
      await removeEntries(ports(), physicalId, entriesOf(properties));
    },
  });
}

function entriesOf({ Entries = [] }: CatalogProperties) {
  return Entries.map(catalogEntry);
}

function awsPorts(): ProvisionCatalogPorts {
  const catalog = catalogTable();

  return {
    find: (key) => catalog.get<StoredEntry>(key),
    add: (entry) => catalog.put(entry, { ifAbsent: true }),
    change: async (key, entry) => void (await catalog.update<StoredEntry>(key, entry)),
    remove: (key) => catalog.delete(key),
    now: Date.now,
  };
}
