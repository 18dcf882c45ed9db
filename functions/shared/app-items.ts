import type { AppRecord } from '../../core/apic/provision-app.ts';
import { type AppCodeItem, type AppKeyItem, appTable } from './tables.ts';

/** An API in the environment it is published in. */
export interface PublishedApi {
  readonly group: string;
  readonly api: string;
  readonly stage: string;
}

/** The app of a key. */
export function findApp(key: string): Promise<AppKeyItem | undefined> {
  return appTable().get<AppKeyItem>(keyOf(key));
}

export async function putApp(app: AppRecord): Promise<void> {
  await appTable().put<AppKeyItem>({ ...keyOf(app.key), ...app });
}

export async function removeAppItem(key: string): Promise<void> {
  await appTable().delete(keyOf(key));
}

/** The key of the app that has an AppCode. */
export async function findKeyOfCode(codeSha256: string): Promise<string | undefined> {
  const item = await appTable().get<AppCodeItem>(keyOfCode(codeSha256));

  return item?.key;
}

export async function addCode(codeSha256: string, app: { readonly app: string; readonly key: string }): Promise<void> {
  await appTable().put<AppCodeItem>({ ...keyOfCode(codeSha256), ...app });
}

export async function removeCode(codeSha256: string): Promise<void> {
  await appTable().delete(keyOfCode(codeSha256));
}

export async function hasGrant(api: PublishedApi, app: string): Promise<boolean> {
  return (await appTable().get(keyOfGrant(api, app))) !== undefined;
}

export async function addGrant(api: PublishedApi, app: string): Promise<void> {
  await appTable().put(keyOfGrant(api, app));
}

export async function removeGrant(api: PublishedApi, app: string): Promise<void> {
  await appTable().delete(keyOfGrant(api, app));
}

function keyOf(key: string) {
  return { pk: `key#${key}`, sk: 'app' };
}

function keyOfCode(codeSha256: string) {
  return { pk: `code#${codeSha256}`, sk: 'app' };
}

function keyOfGrant({ group, api, stage }: PublishedApi, app: string) {
  return { pk: `grant#${group}/${api}`, sk: `${stage}#${app}` };
}
