import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';

/** https://docs.aws.amazon.com/general/latest/gr/iot-core.html#thing-limits and the patterns of the API reference. */
const NAME = /^[a-zA-Z0-9:_-]{1,128}$/;
const ATTRIBUTE_NAME = /^[a-zA-Z0-9_.,@/:#-]{1,128}$/;
const ATTRIBUTE_VALUE = /^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/;
const MAXIMUM_ATTRIBUTES = { withType: 50, withoutType: 3 };
const MAXIMUM_ATTRIBUTE_BYTES = 47 * 1024;
const MAXIMUM_SEARCHABLE = 3;

export function invalid(message: string): AwsError {
  return new AwsError('InvalidRequestException', message);
}

export function checkName(what: string, name: string): void {
  if (!NAME.test(name)) throw invalid(`${what} ${JSON.stringify(name)} must match ${NAME.source}`);
}

export function checkAttributes(attributes: Readonly<Record<string, string>>, typed: boolean): void {
  const entries = Object.entries(attributes);
  const maximum = typed ? MAXIMUM_ATTRIBUTES.withType : MAXIMUM_ATTRIBUTES.withoutType;
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
  if (bytes > MAXIMUM_ATTRIBUTE_BYTES)
    throw invalid(`a thing's attributes have at most ${MAXIMUM_ATTRIBUTE_BYTES} bytes`);
}

export function checkSearchable(attributes: readonly string[]): void {
  if (attributes.length > MAXIMUM_SEARCHABLE) {
    throw invalid(`a thing type has at most ${MAXIMUM_SEARCHABLE} searchable attributes`);
  }
}
