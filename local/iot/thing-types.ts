import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { arn } from '../account.ts';
import { AwsError } from '../errors.ts';
import type { ThingType } from './iot-part.ts';
import { checkName, checkSearchable, invalid } from './registry-limits.ts';
import type { RegistryState, StoredThingType } from './registry-state.ts';
import { find } from './things.ts';

export const thingTypeArn = (name: string): string => arn('iot', `thingtype/${name}`);

export interface ThingTypeInput {
  readonly description?: string;
  readonly searchableAttributes: readonly string[];
}

export function createThingType(
  state: RegistryState,
  name: string,
  input: ThingTypeInput,
  now: number,
): StoredThingType {
  checkName('thingTypeName', name);
  checkSearchable(input.searchableAttributes);
  const existing = find(state.thingTypes, name);
  if (existing === undefined) {
    const type = { thingTypeId: randomUUID(), createdAt: now, ...input };
    state.thingTypes[name] = type;
    return type;
  }
  const { description, searchableAttributes } = existing;
  if (isDeepStrictEqual({ searchableAttributes, ...(description !== undefined && { description }) }, input)) {
    return existing;
  }
  throw new AwsError('ResourceAlreadyExistsException', `Thing type ${name} already exists`, 409, {
    resourceId: existing.thingTypeId,
    resourceArn: thingTypeArn(name),
  });
}

/** A template's thing type: created, or brought to its definition (UpdateThingType, DeprecateThingType). */
export function applyThingType(state: RegistryState, type: ThingType, now: number): StoredThingType {
  checkName('ThingTypeName', type.name);
  checkSearchable(type.searchableAttributes);
  const existing = find(state.thingTypes, type.name);
  const stored: StoredThingType = {
    thingTypeId: existing?.thingTypeId ?? randomUUID(),
    createdAt: existing?.createdAt ?? now,
    searchableAttributes: type.searchableAttributes,
    ...(type.description === undefined ? {} : { description: type.description }),
    ...(type.deprecated ? { deprecatedAt: existing?.deprecatedAt ?? now } : {}),
  };
  state.thingTypes[type.name] = stored;

  return stored;
}

export function describeThingType(state: RegistryState, name: string): StoredThingType {
  const type = find(state.thingTypes, name);
  if (type === undefined) throw new AwsError('ResourceNotFoundException', `Thing type ${name} not found`, 404);

  return type;
}

export function deprecateThingType(state: RegistryState, name: string, undo: boolean, now: number): void {
  const { deprecatedAt: _, ...type } = describeThingType(state, name);
  state.thingTypes[name] = undo ? type : { ...type, deprecatedAt: now };
}

/** AWS also waits five minutes after the deprecation; nothing here would be safer for waiting. */
export function deleteThingType(state: RegistryState, name: string): void {
  const type = describeThingType(state, name);
  if (type.deprecatedAt === undefined) throw invalid(`Thing type ${name} must be deprecated before it is deleted`);
  removeThingType(state, name);
}

export function removeThingType(state: RegistryState, name: string): void {
  if (Object.values(state.things).some(({ thingTypeName }) => thingTypeName === name)) {
    throw invalid(`Thing type ${name} still has things`);
  }
  delete state.thingTypes[name];
}
