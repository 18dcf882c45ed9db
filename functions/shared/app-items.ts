import type { AppRecord } from '../../core/apic/provision-app.ts';
import { type AppCodeItem, type AppKeyItem, appTable, type GivenGrantItem } from './tables.ts';

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

/** More apps than call one instance of a function. */
const MAX_REMEMBERED = 1000;
/** Where an AppCode led last, by its hash. Only where to look first: every call reads both items anew, and believes them alone. */
const lastKeys = new Map<string, string>();

/** The key of the app that has an AppCode, and the app as it is now: in one call where the code was seen before. */
export async function findAppOfCode(
  codeSha256: string,
): Promise<{ readonly key: string; readonly app: AppKeyItem | undefined } | undefined> {
  const last = lastKeys.get(codeSha256);
  const [code, app] =
    last === undefined
      ? [await appTable().get<AppCodeItem>(keyOfCode(codeSha256)), undefined]
      : await appTable().getBoth<AppCodeItem, AppKeyItem>(keyOfCode(codeSha256), keyOf(last));
  if (code === undefined) {
    lastKeys.delete(codeSha256);

    return undefined;
  }
  if (lastKeys.size >= MAX_REMEMBERED) {
    lastKeys.clear();
  }
  lastKeys.set(codeSha256, code.key);

  return { key: code.key, app: code.key === last ? app : await findApp(code.key) };
}

export async function addCode(codeSha256: string, app: { readonly app: string; readonly key: string }): Promise<void> {
  await appTable().put<AppCodeItem>({ ...keyOfCode(codeSha256), ...app });
}

export async function removeCode(codeSha256: string): Promise<void> {
  await appTable().delete(keyOfCode(codeSha256));
}

/** Whether an app may call an API of another: a stack says so, or an operator did. */
export async function hasGrant(api: PublishedApi, app: string): Promise<boolean> {
  const [declared, given] = await Promise.all([isDeclaredGrant(api, app), appTable().get(keyOfGiven(api, app))]);

  return declared || given !== undefined;
}

export async function isDeclaredGrant(api: PublishedApi, app: string): Promise<boolean> {
  return (await appTable().get(keyOfGrant(api, app))) !== undefined;
}

export async function addGrant(api: PublishedApi, app: string): Promise<void> {
  await appTable().put(keyOfGrant(api, app));
}

export async function removeGrant(api: PublishedApi, app: string): Promise<void> {
  await appTable().delete(keyOfGrant(api, app));
}

/** What operators granted an app. */
export async function givenGrants(app: string): Promise<PublishedApi[]> {
  const items = await appTable().queryAll({ pk: keyOfGivens(app) });

  return items.map(({ sk }) => {
    const [stage = '', group = '', api = ''] = sk.split(/[#/]/);

    return { group, api, stage };
  });
}

/** @param by who granted it, for those who wonder later */
export async function giveGrant(api: PublishedApi, app: string, by: string): Promise<void> {
  await appTable().put<GivenGrantItem>({ ...keyOfGiven(api, app), at: new Date().toISOString(), by });
}

export async function takeGrantBack(api: PublishedApi, app: string): Promise<void> {
  await appTable().delete(keyOfGiven(api, app));
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

function keyOfGivens(app: string) {
  return `granted#${app}`;
}

/** Apart from what stacks declare: neither a deployment nor an operator takes back what the other gave. */
function keyOfGiven({ group, api, stage }: PublishedApi, app: string) {
  return { pk: keyOfGivens(app), sk: `${stage}#${group}/${api}` };
}
