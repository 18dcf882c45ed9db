import { isExactNumber } from '../fdi/json.ts';
import { type ModelRule, type PropertyRule, propertyRules, propertyTest } from './judge-property.ts';
import type { CheckedThingModel, ThingProperties } from './thing-model.ts';

/** One rule that a payload breaks. */
export interface Violation {
  /** Where, as the payload is written: `status`, `ParkingStatus.status`; `$` is the whole payload. */
  readonly path: string;
  readonly rule: ModelRule;
  /** What came, shortened, nothing in it that a terminal obeys; `missing` when nothing did. */
  readonly received: string;
  /** What would be accepted, in words. */
  readonly allowed: string;
}

/** @param payload as `parseJson` reads it */
export type JudgePayload = (payload: unknown) => readonly Violation[];

type Members = Readonly<Record<string, unknown>>;

/** A property as messages are judged by it. */
interface JudgedProperty {
  readonly name: string;
  readonly read: (members: Members) => unknown;
  readonly required: boolean;
  readonly rules: readonly PropertyRule[];
  /** Whether a value, never null, keeps all of them. */
  readonly fits: (value: unknown) => boolean;
}

interface JudgedService {
  readonly name: string;
  readonly read: (members: Members) => unknown;
  readonly enabled: boolean;
  readonly properties: readonly JudgedProperty[];
}

const NONE: readonly Violation[] = Object.freeze([]);
const MISSING = 'missing';
const WHOLE_PAYLOAD = '$';

/**
 * How payloads are judged by a model; made once, then called for every message.
 *
 * A payload is a JSON object in one of two forms. **Flat**: its members are properties, `{"deviceId": …, "status": …}`. **By service**:
 * its members are services, `{"ParkingStatus": {"deviceId": …}, …}`; so it is read when a member that holds an object has a service's
 * name, unless a property is called that too. Flat, the only enabled service of a model is always judged; of several, those of which
 * a property is there, and there must be one. By service, those that are there. What the model does not name is let through: a
 * device may say more than its model does.
 */
export function judgeMessage(model: CheckedThingModel): JudgePayload {
  const services = Object.entries(model).map(([name, { enabled, properties }]) => ({
    name,
    read: memberReader(name),
    enabled,
    properties: judgedProperties(properties),
  }));
  const properties = new Set(services.flatMap((service) => service.properties.map(({ name }) => name)));
  const named = services.filter(({ name }) => !properties.has(name));
  const flat = flatJudge(services);

  return (payload) => {
    if (!isObject(payload)) {
      return [violation(WHOLE_PAYLOAD, 'object', payload, 'a JSON object')];
    }
    if (named.some(({ read }) => isObject(read(payload)))) {
      return byService(services, payload);
    }

    return flat(payload);
  };
}

/** Violations as one text of at most so many characters; what has no room is counted. */
export function violationsText(violations: readonly Violation[], length: number): string {
  const texts = violations.map(
    ({ path, rule, received, allowed }) => `${path} (${rule}): received ${received}, allowed ${shortened(allowed)}`,
  );
  const whole = texts.join(' | ');
  if (whole.length <= length) {
    return whole;
  }
  const ending = (count: number) => ` | and ${count} more`;
  let kept = '';
  let shown = 0;
  for (const text of texts) {
    const longer = shown === 0 ? text : `${kept} | ${text}`;
    if (longer.length > length - ending(texts.length).length) {
      break;
    }
    kept = longer;
    shown += 1;
  }

  return shown === 0 ? `${whole.slice(0, length - 1)}…` : `${kept}${ending(texts.length - shown)}`;
}

function judgedProperties(properties: ThingProperties): JudgedProperty[] {
  return Object.entries(properties).map(([name, property]) => {
    const rules = propertyRules(property);

    return {
      name,
      read: memberReader(name),
      // What a device is only told, it need not report.
      required: property.required && property.access !== 'write',
      rules,
      fits: propertyTest(property, rules),
    };
  });
}

function byService(services: readonly JudgedService[], payload: Members): readonly Violation[] {
  const found: Violation[] = [];
  for (const [name, members] of Object.entries(payload)) {
    const service = services.find((one) => one.name === name);
    if (service === undefined) {
      if (isObject(members)) {
        found.push(violation(printable(shortened(name)), 'service', members, `one of ${namesOf(services)}`));
      }
    } else if (!service.enabled) {
      found.push(violation(name, 'disabled', members, 'nothing of a service that is off'));
    } else if (isObject(members)) {
      judgeProperties(service.properties, members, `${name}.`, found);
    } else {
      found.push(violation(name, 'object', members, 'a JSON object with the properties of the service'));
    }
  }

  return found.length === 0 ? NONE : found;
}

function flatJudge(services: readonly JudgedService[]): (payload: Members) => readonly Violation[] {
  const enabled = services.filter((service) => service.enabled);
  const owners = Map.groupBy(
    enabled.flatMap(({ name, properties }) => properties.map((property) => ({ service: name, property }))),
    ({ property }) => property.name,
  );
  const off = services
    .filter((service) => !service.enabled)
    .flatMap(({ properties }) => properties.filter(({ name }) => !owners.has(name)));
  const shared = [...owners].filter(([, several]) => several.length > 1);
  const isShared = new Set(shared.map(([name]) => name));
  const judged = enabled.map(({ properties }) => properties.filter(({ name }) => !isShared.has(name)));
  const [only] = judged;
  const judgeEnabled =
    only !== undefined && judged.length === 1
      ? (payload: Members, found: Violation[]) => judgeProperties(only, payload, '', found)
      : (payload: Members, found: Violation[]) => judgeReported(judged, payload, found, namesOf(enabled));

  return (payload) => {
    const found: Violation[] = [];
    for (const { name, read } of off) {
      const value = read(payload);
      if (value !== undefined) {
        found.push(violation(name, 'disabled', value, 'nothing of a service that is off'));
      }
    }
    for (const [name, several] of shared) {
      const value = several[0]?.property.read(payload);
      if (value !== undefined) {
        const names = several.map(({ service }) => service).join(', ');
        found.push(violation(name, 'ambiguous', value, `it below its service's name: ${names} have it`));
      }
    }
    judgeEnabled(payload, found);

    return found.length === 0 ? NONE : found;
  };
}

function judgeReported(
  services: readonly (readonly JudgedProperty[])[],
  payload: Members,
  found: Violation[],
  names: string,
): void {
  const reported = services.filter((properties) => properties.some(({ read }) => read(payload) !== undefined));
  for (const properties of reported) {
    judgeProperties(properties, payload, '', found);
  }
  if (reported.length === 0 && found.length === 0) {
    found.push(
      violation(WHOLE_PAYLOAD, 'service', payload, `a property of one of ${names || 'no service: all are off'}`),
    );
  }
}

function judgeProperties(
  properties: readonly JudgedProperty[],
  members: Members,
  prefix: string,
  found: Violation[],
): void {
  for (const { name, read, required, rules, fits } of properties) {
    const value = read(members);
    if (value === undefined || value === null) {
      if (required) {
        found.push(violation(prefix + name, 'required', value, rules[0]?.allowed ?? ''));
      }
      continue;
    }
    if (fits(value)) {
      continue;
    }
    for (const { rule, allowed, holds } of rules) {
      if (!holds(value)) {
        found.push(violation(prefix + name, rule, value, allowed));
        if (rule === 'type') {
          break;
        }
      }
    }
  }
}

/** Reads a payload's own member. Only names that every object inherits (`constructor`) need to be asked whose they are. */
function memberReader(name: string): (members: Members) => unknown {
  return name in Object.prototype
    ? (members) => (Object.hasOwn(members, name) ? members[name] : undefined)
    : (members) => members[name];
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

function namesOf(services: readonly JudgedService[]): string {
  return services.map(({ name }) => name).join(', ');
}

function violation(path: string, rule: ModelRule, value: unknown, allowed: string): Violation {
  return { path, rule, received: receivedText(value), allowed };
}

const SHOWN_CHARACTERS = 60;
/** Control characters, and those that change the direction or the meaning of what stands around them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** What came: enough to recognise it, whatever its size. Never walks into what a payload nests. */
function receivedText(value: unknown): string {
  if (value === undefined || value === null) {
    return value === null ? 'null' : MISSING;
  }
  if (typeof value === 'string') {
    return printable(JSON.stringify(shortened(value)));
  }
  if (Array.isArray(value)) {
    return `a list of ${value.length}`;
  }
  if (isExactNumber(value)) {
    return shortened(value.rawJSON);
  }

  return typeof value === 'object' ? `an object of ${Object.keys(value).length} members` : String(value);
}

function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

function shortened(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS - 1)}…` : text;
}
