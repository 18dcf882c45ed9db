import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { arn } from '../account.ts';
import { AwsError } from '../errors.ts';
import { checkAttributes, checkName, invalid } from './registry-limits.ts';
import type { RegistryState, Thing } from './registry-state.ts';

export const thingArn = (name: string): string => arn('iot', `thing/${name}`);

export interface ThingInput {
  readonly thingTypeName?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly billingGroupName?: string;
}

export interface ThingUpdate extends ThingInput {
  /** True: named attributes are replaced, the others stay. False: the named ones are all there are. */
  readonly merge: boolean;
  readonly removeThingType: boolean;
  readonly expectedVersion?: number;
}

/** The same call again is a success; the same name with another configuration is not. */
export function createThing(state: RegistryState, name: string, input: ThingInput): Thing {
  checkName('thingName', name);
  const { thingTypeName, billingGroupName, attributes = {} } = input;
  if (thingTypeName !== undefined) usableType(state, thingTypeName);
  checkAttributes(attributes, thingTypeName !== undefined);
  const configuration = {
    attributes: { ...attributes },
    ...(thingTypeName === undefined ? {} : { thingTypeName }),
    ...(billingGroupName === undefined ? {} : { billingGroupName }),
  };
  const existing = find(state.things, name);
  if (existing === undefined) {
    const thing = { thingId: randomUUID(), version: 1, ...configuration };
    state.things[name] = thing;
    return thing;
  }
  const { thingId, version: _, ...stored } = existing;
  if (isDeepStrictEqual(stored, configuration)) return existing;
  throw new AwsError(
    'ResourceAlreadyExistsException',
    `Thing ${name} already exists in account with different configuration`,
    409,
    { resourceId: thingId, resourceArn: thingArn(name) },
  );
}

export function describeThing(state: RegistryState, name: string): Thing {
  const thing = find(state.things, name);
  if (thing === undefined) throw new AwsError('ResourceNotFoundException', `Thing ${name} not found`, 404);

  return thing;
}

export function updateThing(state: RegistryState, name: string, update: ThingUpdate): Thing {
  const thing = describeThing(state, name);
  checkVersion(name, thing, update.expectedVersion);
  if (update.thingTypeName !== undefined && update.removeThingType) {
    throw invalid('thingTypeName and removeThingType exclude each other');
  }
  if (update.thingTypeName !== undefined) usableType(state, update.thingTypeName);
  const thingTypeName = update.removeThingType ? undefined : (update.thingTypeName ?? thing.thingTypeName);
  const attributes = updateAttributes(thing.attributes, update);
  checkAttributes(attributes, thingTypeName !== undefined);
  const { thingTypeName: _, ...rest } = thing;
  const updated = { ...rest, attributes, version: thing.version + 1, ...(thingTypeName && { thingTypeName }) };
  state.things[name] = updated;

  return updated;
}

/** "Returns successfully with no error if the deletion was successful or you specify a thing that doesn't exist." */
export function deleteThing(state: RegistryState, name: string, expectedVersion: number | undefined): void {
  const thing = find(state.things, name);
  if (thing === undefined) return;
  checkVersion(name, thing, expectedVersion);
  delete state.things[name];
}

export interface ThingFilter {
  readonly thingTypeName?: string;
  readonly attributeName?: string;
  readonly attributeValue?: string;
  readonly prefix: boolean;
}

/** Names in order, so that a page token can be the last name of a page. */
export function listThings(state: RegistryState, filter: ThingFilter): readonly (readonly [string, Thing])[] {
  const { thingTypeName, attributeName, attributeValue, prefix } = filter;

  return Object.entries(state.things)
    .filter(([, thing]) => thingTypeName === undefined || thing.thingTypeName === thingTypeName)
    .filter(([, { attributes }]) => {
      if (attributeName === undefined) return true;
      const value = find(attributes, attributeName);
      if (value === undefined || attributeValue === undefined) return value !== undefined;
      return prefix ? value.startsWith(attributeValue) : value === attributeValue;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function find<T>(entries: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

function updateAttributes(
  stored: Readonly<Record<string, string>>,
  { attributes, merge }: ThingUpdate,
): Readonly<Record<string, string>> {
  if (attributes === undefined) return stored;
  const merged = { ...(merge ? stored : {}), ...attributes };

  // "To remove an attribute, call UpdateThing with an empty attribute value."
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}

function usableType(state: RegistryState, name: string): void {
  const type = find(state.thingTypes, name);
  if (type === undefined) throw new AwsError('ResourceNotFoundException', `Thing type ${name} not found`, 404);
  if (type.deprecatedAt !== undefined) throw invalid(`Thing type ${name} is deprecated`);
}

function checkVersion(name: string, { version }: Thing, expected: number | undefined): void {
  if (expected !== undefined && expected !== version) {
    throw new AwsError('VersionConflictException', `Thing ${name} has version ${version}, not ${expected}`, 409);
  }
}
