import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';

/**
 * What a request of an AWS API may hold, as the service models state it, and the two refusals AWS answers:
 * SerializationException for a JSON type that does not fit, ValidationException for a value outside its constraints.
 * Members nobody declared are ignored, as AWS ignores them.
 */
export type Member =
  | TextMember
  | NumberMember
  | ListMember
  | StructureMember
  | (Common & { readonly type: 'boolean' | 'document' })
  | (Common & { readonly type: 'blob'; readonly max?: number })
  | (Common & { readonly type: 'map'; readonly max?: number });

interface Common {
  readonly required?: boolean;
}

export interface TextMember extends Common {
  readonly type: 'string';
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly enum?: readonly string[];
}

export interface NumberMember extends Common {
  /** A timestamp travels as seconds since the epoch. */
  readonly type: 'integer' | 'number' | 'timestamp';
  readonly min?: number;
  readonly max?: number;
}

export interface ListMember extends Common {
  readonly type: 'list';
  readonly member: Member;
  readonly min?: number;
  readonly max?: number;
}

export interface StructureMember extends Common {
  readonly type: 'structure';
  readonly members: Shape;
}

export type Shape = Readonly<Record<string, Member>>;

/** Checks a request's document in place. Throws `AwsError` SerializationException or ValidationException. */
export function checkShape(shape: Shape, document: unknown): asserts document is Record<string, unknown> {
  const problems: string[] = [];
  checkStructure(shape, document, '', problems);
  if (problems.length === 0) return;

  const errors = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  throw new AwsError('ValidationException', `${errors} detected: ${problems.join('; ')}`);
}

function checkStructure(shape: Shape, document: unknown, path: string, problems: string[]): void {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new AwsError('SerializationException', 'Start of structure or map found where not expected.');
  }
  for (const [name, member] of Object.entries(shape)) {
    const place = path === '' ? lowerFirst(name) : `${path}.${lowerFirst(name)}`;
    const value = (document as Record<string, unknown>)[name];
    if (value === undefined || value === null) {
      if (member.required)
        problems.push(`Value null at '${place}' failed to satisfy constraint: Member must not be null`);
      continue;
    }
    checkMember(member, value, place, problems);
  }
}

function checkMember(member: Member, value: unknown, place: string, problems: string[]): void {
  if (member.type === 'string') checkText(member, typed(value, 'string', 'String'), place, problems);
  else if (member.type === 'boolean') typed(value, 'boolean', 'Boolean');
  else if (member.type === 'blob') checkBlob(member.max, typed(value, 'string', 'Blob'), place, problems);
  else if (member.type === 'list') checkList(member, value, place, problems);
  else if (member.type === 'map') checkMap(member.max, value, place, problems);
  else if (member.type === 'structure') checkStructure(member.members, value, place, problems);
  else if (isNumber(member)) checkNumber(member, typed(value, 'number', 'Number'), place, problems);
}

function isNumber(member: Member): member is NumberMember {
  return member.type === 'integer' || member.type === 'number' || member.type === 'timestamp';
}

interface JavaScriptTypes {
  string: string;
  number: number;
  boolean: boolean;
}

function typed<T extends keyof JavaScriptTypes>(value: unknown, type: T, name: string): JavaScriptTypes[T] {
  if (typeof value === type) return value as JavaScriptTypes[T];

  throw new AwsError('SerializationException', `${wireName(value)} can not be converted to a ${name}`);
}

function wireName(value: unknown): string {
  if (typeof value === 'string') return 'STRING_VALUE';
  if (typeof value === 'number') return 'NUMBER_VALUE';
  if (typeof value === 'boolean') return `${value}`.toUpperCase().concat('_VALUE');
  return Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT';
}

function checkText(member: TextMember, value: string, place: string, problems: string[]): void {
  const refuse = refusal(value, place, problems);
  if (member.min !== undefined && value.length < member.min) {
    refuse(`Member must have length greater than or equal to ${member.min}`);
  }
  if (member.max !== undefined && value.length > member.max) {
    refuse(`Member must have length less than or equal to ${member.max}`);
  }
  if (member.pattern !== undefined && !member.pattern.test(value)) {
    refuse(`Member must satisfy regular expression pattern: ${member.pattern.source.replace(/^\^|\$$/g, '')}`);
  }
  if (member.enum !== undefined && !member.enum.includes(value)) {
    refuse(`Member must satisfy enum value set: [${member.enum.join(', ')}]`);
  }
}

function checkNumber(member: NumberMember, value: number, place: string, problems: string[]): void {
  const refuse = refusal(value, place, problems);
  if (member.type === 'integer' && !Number.isInteger(value)) {
    throw new AwsError('SerializationException', 'class java.lang.Double can not be converted to an Integer');
  }
  if (member.min !== undefined && value < member.min) {
    refuse(`Member must have value greater than or equal to ${member.min}`);
  }
  if (member.max !== undefined && value > member.max) {
    refuse(`Member must have value less than or equal to ${member.max}`);
  }
}

/** `Buffer` skips what is not base64, so the decoded length tells whether anything was skipped. */
function checkBlob(max: number | undefined, value: string, place: string, problems: string[]): void {
  const length = Buffer.byteLength(value, 'base64');
  if (value.length % 4 !== 0 || Buffer.from(value, 'base64').length !== length) {
    throw new AwsError('SerializationException', `'${value.slice(0, 64)}' can not be converted to a Blob`);
  }
  if (max !== undefined && length > max) {
    refusal('java.nio.HeapByteBuffer', place, problems)(`Member must have length less than or equal to ${max}`);
  }
}

function checkList(member: ListMember, value: unknown, place: string, problems: string[]): void {
  if (!Array.isArray(value)) {
    throw new AwsError('SerializationException', `${wireName(value)} can not be converted to a List`);
  }
  const refuse = refusal(`[${value.length} members]`, place, problems);
  if (member.min !== undefined && value.length < member.min) {
    refuse(`Member must have length greater than or equal to ${member.min}`);
  }
  if (member.max !== undefined && value.length > member.max) {
    refuse(`Member must have length less than or equal to ${member.max}`);
    return;
  }
  value.forEach((item, index) => {
    if (item === null || item === undefined) {
      problems.push(
        `Value null at '${place}.${index + 1}.member' failed to satisfy constraint: Member must not be null`,
      );
      return;
    }
    checkMember(member.member, item, `${place}.${index + 1}.member`, problems);
  });
}

function checkMap(max: number | undefined, value: unknown, place: string, problems: string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AwsError('SerializationException', `${wireName(value)} can not be converted to a Map`);
  }
  if (max !== undefined && Object.keys(value).length > max) {
    refusal('{…}', place, problems)(`Member must have length less than or equal to ${max}`);
  }
}

function refusal(value: unknown, place: string, problems: string[]): (constraint: string) => void {
  return (constraint) => {
    problems.push(`Value '${value}' at '${place}' failed to satisfy constraint: ${constraint}`);
  };
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
