import { InvalidSetting, Refusal } from '../errors.ts';
import type { ApiParameter, ParameterPlace } from './api-definition.ts';
import { type BodyFields, bodyFields, type Received } from './body-fields.ts';
import { headerValues } from './canonical-request.ts';
import { type ParameterLimits, parameterLimits } from './parameter-limits.ts';
import { type ParameterValue, type ParameterValues, parseValue, type ScalarValue } from './parameter-value.ts';
import type { ReceivedCall } from './received-call.ts';

/** The most values of a list. */
const MAX_LIST_VALUES = 1000;
/** All values of one parameter together, in UTF-8: with the statement they must fit into one request of the Data API. */
const MAX_BYTES = 256 * 1024;

/** Of several declarations of one name the first place that brings a value wins; the query loses to header and body, as in the reference. */
const PRECEDENCE: readonly ParameterPlace[] = ['context', 'path', 'header', 'body', 'query'];

const NO_FIELDS: BodyFields = new Map();
const NOTHING: Received = { values: [], array: false };

interface Declared extends ApiParameter {
  readonly list: boolean;
  readonly limits: ParameterLimits;
}

export type ParameterReader = (call: ReceivedCall) => ParameterValues;

/**
 * Reads an API's declared parameters from its calls; what is not declared is ignored.
 *
 * An empty value counts as none unless the type is string. `null` in JSON counts as none. A list is written with commas, by repeating the
 * name, or as a JSON array, whose elements may hold commas.
 *
 * @param lists the parameters that take a list, all others take one value
 * @param setting where the parameters are declared, for messages
 * @returns a reader that throws Refusal `APIC.0106`, naming the parameter, what was received and what is allowed
 * @throws InvalidSetting for a default that is no value of its type
 */
export function parameterReader(
  parameters: readonly ApiParameter[],
  lists: ReadonlySet<string>,
  setting = 'parameters',
): ParameterReader {
  const ordered = parameters
    .toSorted((a, b) => PRECEDENCE.indexOf(a.in) - PRECEDENCE.indexOf(b.in))
    .map((parameter) => ({ ...parameter, list: lists.has(parameter.name), limits: parameterLimits(parameter) }));
  const defaults = defaultsOf(ordered, setting);
  const readsBody = ordered.some((parameter) => parameter.in === 'body');

  return (call) => {
    const fields = readsBody ? bodyFields(call) : NO_FIELDS;
    const values = new Map<string, ParameterValue>();
    for (const parameter of ordered) {
      const value = readValue(parameter, received(parameter, call, fields));
      if (value !== undefined && !values.has(parameter.name)) {
        values.set(parameter.name, value);
      }
    }
    for (const parameter of ordered) {
      const value = values.get(parameter.name) ?? defaults.get(parameter.name);
      if (value === undefined && parameter.required) {
        throw refusal(parameter, 'nothing', `${parameter.limits.allowed}, required`);
      }
      if (value !== undefined) {
        values.set(parameter.name, value);
      }
    }

    return values;
  };
}

function received({ name, in: place }: ApiParameter, call: ReceivedCall, fields: BodyFields): Received {
  switch (place) {
    case 'path':
      return texts(Object.hasOwn(call.path, name) ? [call.path[name] as string] : []);
    case 'header':
      return texts(headerValues(call.headers, name.toLowerCase()).map((value) => value.trim()));
    case 'body':
      return fields.get(name) ?? NOTHING;
    case 'context':
      return known(call, name);
    case 'query':
      return texts(call.query.filter(([other]) => other === name).map(([, value]) => value));
  }
}

/** Of an object's own fields only: `constructor` is nothing an authorizer said. */
function known({ authorizer = {} }: ReceivedCall, name: string): Received {
  const value = Object.hasOwn(authorizer, name) ? authorizer[name] : null;
  if (value === null || value === undefined) {
    return NOTHING;
  }

  return Array.isArray(value) ? { values: value, array: true } : { values: [value], array: false };
}

function texts(values: readonly string[]): Received {
  return { values, array: false };
}

function readValue(parameter: Declared, { values, array }: Received): ParameterValue | undefined {
  const given = values.filter((value) => value !== null).map((value) => textOf(parameter, value));
  const bytes = given.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > MAX_BYTES) {
    throw refusal(parameter, `${bytes} bytes`, `at most ${MAX_BYTES} bytes`);
  }
  if (parameter.list) {
    return readList(parameter, array ? given : given.flatMap((text) => text.split(',').map((part) => part.trim())));
  }
  if (given.length > 1) {
    throw refusal(parameter, `${given.length} values`, 'one value');
  }

  return given.length === 0 ? undefined : scalar(parameter, given[0] as string);
}

function readList(parameter: Declared, given: readonly string[]): ParameterValue | undefined {
  const values = given.filter((text) => text !== '').map((text) => scalar(parameter, text) as ScalarValue);
  if (values.length > MAX_LIST_VALUES) {
    throw refusal(parameter, `${values.length} values`, `at most ${MAX_LIST_VALUES} values`);
  }

  return values.length === 0 ? undefined : values;
}

function textOf(parameter: Declared, value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw refusal(parameter, JSON.stringify(value), parameter.limits.allowed);
  }

  return String(value);
}

function scalar(parameter: Declared, text: string): ScalarValue | undefined {
  if (text === '' && parameter.type !== 'string') {
    return undefined;
  }
  const value = parseValue(parameter.type, text);
  if (value === undefined || !parameter.limits.allows(value)) {
    throw refusal(parameter, JSON.stringify(text), parameter.limits.allowed);
  }

  return value;
}

function defaultsOf(parameters: readonly Declared[], setting: string): ReadonlyMap<string, ParameterValue> {
  const defaults = new Map<string, ParameterValue>();
  for (const parameter of parameters) {
    if (parameter.default === undefined) {
      continue;
    }
    try {
      const value = readValue(parameter, texts([parameter.default]));
      if (value !== undefined) {
        defaults.set(parameter.name, value);
      }
    } catch {
      throw new InvalidSetting(`${setting}: default of ${parameter.name}`, parameter.default, parameter.limits.allowed);
    }
  }

  return defaults;
}

/** Long values are cut: the answer is for reading. */
function refusal({ name, in: place }: ApiParameter, received: string, allowed: string): Refusal {
  if (place === 'context') {
    // Nothing the caller could mend, or should know: what judged the call does not say what the API needs.
    return new Refusal('APIC.0601', {
      detail: { reason: `the context's ${name} is ${received}; allowed: ${allowed}` },
    });
  }
  const shown = received.length > 100 ? `${received.slice(0, 100)}… (${received.length} characters)` : received;

  return new Refusal('APIC.0106', {
    message: `Orchestration error. Parameter ${name} (${place}): received ${shown}; allowed: ${allowed}.`,
  });
}
