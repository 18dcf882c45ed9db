import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { InvalidSetting, Refusal } from '../../core/errors.ts';

/** Where a setting was given: a construct (its path is named) or a name of its own. */
export type Place = IConstruct | string;

/** The refusal of one setting: `Parking/ParkingEvents: partitions: received 0; allowed: …`. */
export function invalid(place: Place, setting: string, received: unknown, allowed: string): InvalidSetting {
  return new InvalidSetting(`${typeof place === 'string' ? place : place.node.path}: ${setting}`, received, allowed);
}

/** Whether an error is made to be read: its message says what was set, where, and what is allowed. */
export function isRefused(error: unknown): error is InvalidSetting | Refusal {
  return error instanceof InvalidSetting || error instanceof Refusal;
}

/**
 * A whole number within limits. Values known only at deployment (tokens) pass: CloudFormation checks them.
 *
 * @param unit what is counted, for the message: `partitions`, `days`
 */
export function checkWhole(
  place: Place,
  setting: string,
  value: number,
  limits: { readonly min: number; readonly max: number; readonly unit?: string },
): number {
  const { min, max, unit } = limits;
  if (Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max)) {
    return value;
  }
  throw invalid(place, setting, value, `a whole number from ${min} to ${max}${unit === undefined ? '' : ` ${unit}`}`);
}

/** A text of a form. A name must be known at synthesis (it becomes part of ids and definitions), so a token is refused. */
export function checkName(place: Place, setting: string, value: string, form: RegExp, allowed: string): string {
  if (Token.isUnresolved(value)) {
    throw invalid(place, setting, 'a value known only at deployment', `a text known at synthesis: ${allowed}`);
  }
  if (!form.test(value)) {
    throw invalid(place, setting, value, allowed);
  }
  return value;
}

/** A text of limited length; tokens pass. */
export function checkLength(place: Place, setting: string, value: string, max: number): string {
  if (Token.isUnresolved(value) || value.length <= max) {
    return value;
  }
  throw invalid(place, setting, value, `at most ${max} characters`);
}

/** Options that are not known are refused: a misspelt one would silently do nothing. */
export function checkKnown(place: Place, settings: object, known: readonly string[]): void {
  const stranger = Object.keys(settings).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    throw invalid(place, stranger, (settings as Record<string, unknown>)[stranger], known.join(', '));
  }
}
