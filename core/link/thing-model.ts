import { InvalidSetting } from '../errors.ts';
import { checkDistinct, checkLength, checkOneOf, checkPattern, checkWholeNumber } from '../platform/check-setting.ts';

/** What devices of a product report and obey: services with properties and commands. Service name → its properties, or `service(…)`. */
export type ThingModel = Readonly<Record<string, ThingProperties | ThingService>>;

export type ThingProperties = Readonly<Record<string, ThingProperty>>;

export interface ThingService {
  readonly kind: 'service';
  /** On by default. */
  readonly enabled: boolean;
  readonly description: string;
  readonly properties: ThingProperties;
  readonly commands: Readonly<Record<string, ThingCommand>>;
}

export interface ThingCommand {
  readonly description?: string;
  readonly parameters: ThingProperties;
  /** What the device answers; whatever it likes by default. */
  readonly response?: ThingProperties;
}

const TYPES = ['integer', 'number', 'string', 'datetime', 'boolean', 'json', 'array'] as const;
const ACCESSES = ['read', 'write', 'read-write'] as const;

export type ThingPropertyType = (typeof TYPES)[number];

export interface ThingProperty {
  readonly type: ThingPropertyType;
  /** Whether every report must hold it; yes by default. */
  readonly required: boolean;
  /** Who may change it: the device only reports (`read`), is only told (`write`), or both, the default. */
  readonly access: (typeof ACCESSES)[number];
  readonly description: string;
  /** Characters; of strings, datetimes and JSON. Unlimited by default. */
  readonly maxLength?: number;
  /** Smallest, greatest and step of a number; no limits by default. */
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  /** The only values allowed; of strings, integers and numbers. */
  readonly enum?: readonly (string | number)[];
  /** Unit of a number, for people: `°C`. */
  readonly unit?: string;
}

interface PropertyProps {
  readonly required?: boolean;
  readonly access?: ThingProperty['access'];
  readonly description?: string;
}

interface TextProps extends PropertyProps {
  readonly maxLength?: number;
}

interface StringProps extends TextProps {
  readonly enum?: readonly string[];
}

interface NumberProps extends PropertyProps {
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly enum?: readonly number[];
  readonly unit?: string;
}

/** The kinds of properties, each with the rules it can have. */
export const property = Object.freeze({
  string: (props: StringProps = {}) => make('string', props),
  integer: (props: NumberProps = {}) => make('integer', props),
  number: (props: NumberProps = {}) => make('number', props),
  boolean: (props: PropertyProps = {}) => make('boolean', props),
  /** `yyyyMMddTHHmmss`, as in the reference system. */
  datetime: (props: TextProps = {}) => make('datetime', props),
  json: (props: TextProps = {}) => make('json', props),
  array: (props: PropertyProps = {}) => make('array', props),
});

/** A service with more than properties. */
export function service(props: Partial<Omit<ThingService, 'kind'>>): ThingService {
  const { enabled = true, description = '', properties = {}, commands = {} } = props;

  return Object.freeze({ kind: 'service', enabled, description, properties, commands });
}

/** The model in full: every service spelled out, as it is stored. */
export type CheckedThingModel = Readonly<Record<string, ThingService>>;

/** Room of a whole MQTT message at AWS: nothing in it can be longer. */
const MAX_LENGTH = 131_072;
const SERVICE_NAME = /^[A-Za-z][A-Za-z0-9_-]{1,63}$/;
const PROPERTY_NAME = /^[A-Za-z][A-Za-z0-9_-]{1,49}$/;
const COMMAND_NAME = PROPERTY_NAME;
const NAME_RULE = 'letters, digits, "_" and "-", a letter first';

/**
 * Checks a thing model and spells its services out.
 *
 * @param at where the model is declared, for the message: a construct's path
 * @throws InvalidSetting
 */
export function checkThingModel(at: string, model: ThingModel): CheckedThingModel {
  const services = Object.entries(model).map(([name, given]): [string, ThingService] => {
    const place = `${at}: service ${name}`;
    checkPattern(place, name, SERVICE_NAME, `a name of 2 to 64 ${NAME_RULE}`);
    const checked = isService(given) ? given : service({ properties: given });
    checkLength(`${place}: description`, checked.description, 0, 200);
    checkProperties(place, checked.properties);
    checkCommands(place, checked.commands);

    return [name, checked];
  });

  return Object.freeze(Object.fromEntries(services));
}

function make(type: ThingPropertyType, props: StringProps | NumberProps): ThingProperty {
  return Object.freeze({ type, required: true, access: 'read-write', description: '', ...props });
}

function isService(given: ThingProperties | ThingService): given is ThingService {
  return given['kind'] === 'service';
}

function checkCommands(at: string, commands: Readonly<Record<string, ThingCommand>>): void {
  for (const [name, command] of Object.entries(commands)) {
    const place = `${at}: command ${name}`;
    checkPattern(place, name, COMMAND_NAME, `a name of 2 to 50 ${NAME_RULE}`);
    checkLength(`${place}: description`, command.description ?? '', 0, 200);
    checkProperties(place, command.parameters);
    checkProperties(`${place}: response`, command.response ?? {});
  }
}

function checkProperties(at: string, properties: ThingProperties): void {
  for (const [name, rules] of Object.entries(properties)) {
    const place = `${at}: property ${name}`;
    checkPattern(place, name, PROPERTY_NAME, `a name of 2 to 50 ${NAME_RULE}`);
    checkOneOf(`${place}: type`, rules.type, TYPES);
    checkOneOf(`${place}: access`, rules.access, ACCESSES);
    checkLength(`${place}: description`, rules.description, 0, 200);
    checkRange(place, rules);
    checkEnum(place, rules);
    if (rules.maxLength !== undefined) {
      checkWholeNumber(`${place}: maxLength`, rules.maxLength, 1, MAX_LENGTH);
    }
  }
}

function checkRange(at: string, { type, min, max, step }: ThingProperty): void {
  for (const [name, value] of Object.entries({ min, max, step })) {
    const fits = value === undefined || (type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value));
    if (!fits) {
      throw new InvalidSetting(`${at}: ${name}`, value, type === 'integer' ? 'a whole number' : 'a number');
    }
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw new InvalidSetting(`${at}: max`, max, `a number not below min, ${min}`);
  }
  if (step !== undefined && step <= 0) {
    throw new InvalidSetting(`${at}: step`, step, 'a number above 0');
  }
}

/** A value of the list that the property's other rules forbid could never be reported: a mistake worth finding at once. */
function checkEnum(at: string, rules: ThingProperty): void {
  const { type, enum: values } = rules;
  if (values === undefined) {
    return;
  }
  if (values.length === 0) {
    throw new InvalidSetting(`${at}: enum`, values, 'at least one value');
  }
  checkDistinct(`${at}: enum`, values);
  for (const value of values) {
    if (!(type === 'string' ? isText(rules, value) : isNumber(rules, value))) {
      const limits = type === 'string' ? 'up to maxLength characters' : 'from min to max';
      throw new InvalidSetting(`${at}: enum`, value, `${type} values ${limits}; only strings and numbers have an enum`);
    }
  }
}

function isText({ maxLength = MAX_LENGTH }: ThingProperty, value: unknown): boolean {
  return typeof value === 'string' && value.length <= maxLength;
}

function isNumber({ type, min = -Infinity, max = Infinity }: ThingProperty, value: unknown): boolean {
  const fits = type === 'integer' ? Number.isSafeInteger(value) : type === 'number' && Number.isFinite(value);

  return fits && (value as number) >= min && (value as number) <= max;
}
