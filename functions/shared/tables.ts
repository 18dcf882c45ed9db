import type { Nonce } from '../../core/apic/nonce.ts';
import type { DeviceRecord } from '../../core/link/device.ts';
import type { TagEntry } from '../../core/link/device-terms.ts';
import { type DeviceStore, deviceStore } from '../../core/link/store-device.ts';
import type { TopicPermission } from '../../core/mqs/topic-permission.ts';
import type { CatalogKind } from '../../core/platform/catalog-entry.ts';
import { type DocumentTable, documentTable } from './document-table.ts';
import { environment } from './environment.ts';

/**
 * Five kinds of items share the app table (pk, sk):
 * `key#<AppKey>`/`app` {app, key, secretArn, enabled, codes, revision?} · `code#<sha256 of the AppCode, hex>`/`app` {app, key} ·
 * `grant#<group>/<api>`/`<stage>#<app>` {}, declared by stacks · `granted#<app>`/`<stage>#<group>/<api>` {at, by}, given at run time ·
 * `topic#<topic>`/`stack#<app>` {permission} and `run-time#<app>` {permission, at, by}.
 */
export interface AppTableItem {
  readonly pk: string;
  readonly sk: string;
}

export interface AppKeyItem extends AppTableItem {
  readonly app: string;
  readonly key: string;
  /** Where the app's secret lies; its value is nowhere else. */
  readonly secretArn: string;
  readonly enabled: boolean;
  /** SHA-256, in hex, of its AppCodes: which code items go with it. */
  readonly codes: readonly string[];
  /** Changes with its secrets. */
  readonly revision?: number;
}

export interface AppCodeItem extends AppTableItem {
  readonly app: string;
  readonly key: string;
}

export interface GivenGrantItem extends AppTableItem {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The IAM principal who gave it. */
  readonly by: string;
}

export interface TopicGrantItem extends AppTableItem {
  readonly permission: TopicPermission;
  /** Of one given at run time: ISO 8601 (UTC), and the IAM principal who gave it. */
  readonly at?: string;
  readonly by?: string;
}

export type AppItem = AppKeyItem | AppCodeItem | GivenGrantItem | TopicGrantItem | AppTableItem;

/** What the management API can list: (kind, name) → document. */
export interface CatalogItem {
  readonly kind: CatalogKind;
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** `clientId` is the partition key; index `byProduct` is (productId, deviceId), `byTerm` (term, deviceId). */
export function deviceTable(): DocumentTable<DeviceRecord, 'clientId'> {
  return documentTable<DeviceRecord, 'clientId'>(environment('DEVICE_TABLE'), ['clientId']);
}

/** All that is in the table of devices: what its index `byTerm` finds is the one or the other. */
export function devicesAndEntries(): DocumentTable<DeviceRecord | TagEntry, 'clientId'> {
  return documentTable<DeviceRecord | TagEntry, 'clientId'>(environment('DEVICE_TABLE'), ['clientId']);
}

/** Whoever adds, changes or removes devices does it through this, so that they are found. */
export function deviceWriter(): DeviceStore {
  const devices = deviceTable();
  const entries = devicesAndEntries();

  return deviceStore({
    find: (clientId) => devices.get({ clientId }),
    add: (device) => devices.put(device, { ifAbsent: true }),
    update: (clientId, changes, onlyIf) => devices.update<DeviceRecord>({ clientId }, changes, { onlyIf }),
    remove: (clientId) => devices.delete({ clientId }),
    putEntry: (entry) => entries.put(entry),
    removeEntry: ({ clientId }) => entries.delete({ clientId }),
  });
}

export function appTable(): DocumentTable<AppItem, 'pk' | 'sk'> {
  return documentTable<AppItem, 'pk' | 'sk'>(environment('APP_TABLE'), ['pk', 'sk']);
}

/** Signatures that were used; `until` is the attribute by which DynamoDB removes them. */
export function nonceTable(): DocumentTable<Nonce, 'id'> {
  return documentTable<Nonce, 'id'>(environment('NONCE_TABLE'), ['id']);
}

export function catalogTable(): DocumentTable<CatalogItem, 'kind' | 'name'> {
  return documentTable<CatalogItem, 'kind' | 'name'>(environment('CATALOG_TABLE'), ['kind', 'name']);
}
