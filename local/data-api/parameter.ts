import { Buffer } from 'node:buffer';
import mysql from 'mysql2';
import { badRequest, validation } from './errors.ts';
import { checkTypeHint, type TypeHint } from './type-hint.ts';

/** https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_SqlParameter.html */
export interface SqlParameter {
  readonly name?: string;
  readonly value?: ParameterValue;
  readonly typeHint?: TypeHint;
}

export interface ParameterValue {
  readonly isNull?: boolean;
  readonly booleanValue?: boolean;
  readonly longValue?: number;
  readonly doubleValue?: number;
  readonly stringValue?: string;
  /** base64 */
  readonly blobValue?: string;
  readonly arrayValue?: unknown;
}

/** What the driver sends, with the type the Data API's caller chose: a whole number is not a double. */
export type BoundValue = string | number | Buffer | null | ReturnType<typeof mysql.TypedParameter.BIGINT>;

/** The values of a statement's placeholders, in their order. Throws `AwsError` BadRequestException, ValidationException. */
export function bind(names: readonly string[], parameters: readonly SqlParameter[]): BoundValue[] {
  const values = new Map<string, BoundValue>();
  for (const parameter of parameters) {
    if (parameter.name === undefined || parameter.name === '') throw badRequest('A parameter needs a name.');
    values.set(parameter.name, boundValue(parameter.name, parameter));
  }

  return names.map((name) => {
    const value = values.get(name);
    if (value === undefined) throw badRequest(`Cannot find parameter: ${name}`);

    return value;
  });
}

function boundValue(name: string, { value, typeHint }: SqlParameter): BoundValue {
  const given = Object.entries(value ?? {}).filter(([, content]) => content !== undefined && content !== null);
  if (given.length !== 1 || value === undefined) {
    throw validation(`Parameter ${name} must have exactly one value; it has ${given.length}`);
  }
  if (value.arrayValue !== undefined) throw validation('Array parameters are not supported.');
  if (value.isNull !== undefined) {
    if (value.isNull !== true) throw validation(`Parameter ${name}: isNull can only be true`);
    return null;
  }
  if (value.stringValue !== undefined) return textOf(name, value.stringValue, typeHint);
  if (typeHint !== undefined) throw badRequest(`Parameter ${name}: a type hint goes with stringValue only`);
  if (value.longValue !== undefined) return longOf(name, value.longValue);
  if (value.booleanValue !== undefined) return mysql.TypedParameter.TINYINT(value.booleanValue);
  if (value.doubleValue !== undefined) return value.doubleValue;

  return Buffer.from(value.blobValue as string, 'base64');
}

function textOf(name: string, text: string, typeHint: TypeHint | undefined): BoundValue {
  if (typeHint === undefined) return text;
  checkTypeHint(name, text, typeHint);

  return typeHint === 'DECIMAL' ? mysql.TypedParameter.DECIMAL(text) : text;
}

function longOf(name: string, value: number): BoundValue {
  if (!Number.isInteger(value))
    throw badRequest(`Parameter ${name}: longValue must be a whole number; received ${value}`);

  return mysql.TypedParameter.BIGINT(BigInt(value));
}
