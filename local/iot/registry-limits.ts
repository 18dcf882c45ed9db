import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';
import { LIMITS } from './limits.ts';

/** The patterns of the API reference. */
const NAME = new RegExp(`^[a-zA-Z0-9:_-]{1,${LIMITS.thingNameBytes}}$`);
const ATTRIBUTE_NAME = new RegExp(`^[a-zA-Z0-9_.,@/:#-]{1,${LIMITS.attributeNameCharacters}}$`);
const ATTRIBUTE_VALUE = new RegExp(`^[a-zA-Z0-9_.,@/:#=[\\]-]{0,${LIMITS.attributeValueCharacters}}$`);

export function invalid(message: string): AwsError {
  return new AwsError('InvalidRequestException', message);
}

export function checkName(what: string, name: string): void {
  if (!NAME.test(name)) throw invalid(`${what} ${JSON.stringify(name)} must match ${NAME.source}`);
}

export function checkAttributes(attributes: Readonly<Record<string, string>>, typed: boolean): void {
  const entries = Object.entries(attributes);
  const maximum = typed ? LIMITS.attributesWithType : LIMITS.attributesWithoutType;
  if (entries.length > maximum) {
    const kind = typed ? 'with a thing type' : 'without a thing type';
    throw invalid(`a thing ${kind} has at most ${maximum} attributes, not ${entries.length}`);
  }
  for (const [name, value] of entries) {
    if (!ATTRIBUTE_NAME.test(name)) throw invalid(`attribute name ${JSON.stringify(name)} is not allowed`);
    if (typeof value !== 'string' || !ATTRIBUTE_VALUE.test(value)) {
      throw invalid(`the value of attribute ${name} must match ${ATTRIBUTE_VALUE.source}`);
    }
  }
  const bytes = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (bytes > LIMITS.attributeBytes) throw invalid(`a thing's attributes have at most ${LIMITS.attributeBytes} bytes`);
}

export function checkSearchable(attributes: readonly string[]): void {
  if (attributes.length > LIMITS.searchableAttributes) {
    throw invalid(`a thing type has at most ${LIMITS.searchableAttributes} searchable attributes`);
  }
}
