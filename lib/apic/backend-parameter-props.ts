import type { ApiParameter } from '../../core/apic/api-definition.ts';
import {
  type BackendParameter,
  CREDENTIAL_HEADERS,
  OF_THE_CONNECTION,
  OF_THE_PLATFORM,
  OF_THE_SIGNATURE,
  type SystemValue,
} from '../../core/apic/http-backend.ts';
import { checkLength, checkName, invalid, type Place } from '../platform/setting.ts';
import { checkOne } from './parameter-props.ts';

/** A parameter as a backend gets it: one of the API's, a fixed text, or what the platform knows of the call. */
export type BackendParameterProps = {
  /** Where the backend has it. */
  readonly in: BackendParameter['in'];
} & (
  | {
      /** The name of a parameter of the API; one with `in: 'context'` is what an authorizer says. */
      readonly from: string;
    }
  | {
      /** The same for every call; no secret, which belongs into the context of a backend authorizer. */
      readonly value: string;
    }
  | {
      /** `app`: who calls, empty where anyone may. `requestId`: 32 hexadecimal digits, also in `X-Request-Id`. */
      readonly system: SystemValue;
    }
);

interface Rules {
  readonly path: string;
  /** Whether requests are signed. */
  readonly signed: boolean;
  /** Whether the backend's method has a body. */
  readonly hasBody: boolean;
}

/**
 * What a backend gets: what is said of it, and every other parameter of the API as it is.
 *
 * @throws InvalidSetting naming what cannot work
 */
export function backendParameters(
  api: Place,
  parameters: readonly ApiParameter[],
  mapped: Readonly<Record<string, BackendParameterProps>>,
  rules: Rules,
): BackendParameter[] {
  const explicit = Object.entries(mapped).map(([name, props]) => backendParameter(api, parameters, name, props));
  const used = new Set(explicit.flatMap(({ from }) => ('parameter' in from ? [from.parameter] : [])));
  const inPath = [...rules.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const same = parameters
    .filter(({ name, in: place }) => place !== 'context' && !used.has(name))
    // What stood in the API's path and not in the backend's has no other place by itself.
    .filter(({ name, in: place }) => place !== 'path' || inPath.includes(name))
    .map(({ name, in: place }) => ({ name, in: place as BackendParameter['in'], from: { parameter: name } }));
  const all = [...explicit, ...same];
  for (const parameter of all) {
    checkPlace(api, parameter, parameters, inPath, rules);
  }
  checkTwice(api, all);
  const missing = inPath.find((name) => !all.some((one) => one.in === 'path' && one.name === name));
  if (missing !== undefined) {
    throw invalid(
      api,
      'backendPath',
      rules.path,
      `{${missing}} as one of backendParameters, in: path, or in the API's path`,
    );
  }

  return all;
}

function backendParameter(
  api: Place,
  parameters: readonly ApiParameter[],
  name: string,
  props: BackendParameterProps,
): BackendParameter {
  const where = `backendParameters.${name}`;
  checkName(
    api,
    'backendParameters',
    name,
    /^[A-Za-z_$][\w.$-]{0,63}$/,
    '1 to 64 letters, digits, `_`, `.`, `$` or `-`, no digit first',
  );
  checkOne(api, `${where}.in`, props.in, ['path', 'query', 'header', 'body']);
  if ('value' in props) {
    return { name, in: props.in, from: { constant: checkLength(api, `${where}.value`, props.value, 2048) } };
  }
  if ('system' in props) {
    checkOne(api, `${where}.system`, props.system, ['app', 'api', 'requestId']);

    return { name, in: props.in, from: { system: props.system } };
  }
  const known = parameters.map((parameter) => parameter.name);
  checkOne(api, `${where}.from`, props.from, known);

  return { name, in: props.in, from: { parameter: props.from } };
}

function checkPlace(
  api: Place,
  { name, in: place, from }: BackendParameter,
  parameters: readonly ApiParameter[],
  inPath: readonly string[],
  { signed, hasBody, path }: Rules,
): void {
  const where = `backendParameters.${name}`;
  const source = 'parameter' in from ? parameters.find((one) => one.name === from.parameter) : undefined;
  if (place === 'path' && !inPath.includes(name)) {
    throw invalid(
      api,
      `${where}.in`,
      place,
      `a parameter of the backend's path ${path}: ${inPath.join(', ') || 'it has none'}`,
    );
  }
  if (place === 'path' && source !== undefined && !source.required && source.default === undefined) {
    throw invalid(
      api,
      `${where}.from`,
      source.name,
      'a parameter that is required or has a default: a path without it is another path',
    );
  }
  if (place === 'body' && !hasBody) {
    throw invalid(api, `${where}.in`, place, "query, header or path: the backend's method has no body");
  }
  if (place === 'header') {
    checkHeader(api, where, name.toLowerCase(), signed, source);
  }
}

function checkHeader(api: Place, where: string, name: string, signed: boolean, source: ApiParameter | undefined): void {
  if (OF_THE_CONNECTION.has(name) || OF_THE_PLATFORM.has(name)) {
    throw invalid(api, where, name, 'another header: this one is written for the connection or by the platform');
  }
  if (signed && OF_THE_SIGNATURE.has(name)) {
    throw invalid(api, where, name, 'another header: this one has the signature of the key the API is bound to');
  }
  if (source?.in === 'header' && CREDENTIAL_HEADERS.has(source.name.toLowerCase())) {
    throw invalid(api, where, source.name, 'a header that is no credential of the caller: those stay here');
  }
}

function checkTwice(api: Place, all: readonly BackendParameter[]): void {
  const keys = all.map(({ name, in: place }) => `${place} ${place === 'header' ? name.toLowerCase() : name}`);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) {
    throw invalid(api, 'backendParameters', twice, 'each name once in its place');
  }
}
