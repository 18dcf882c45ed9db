import { InvalidSetting } from '../errors.ts';

/**
 * Checks of settings that every area needs. Each takes the setting with its place (`Parking/ParkingSensor: name`) and throws
 * InvalidSetting with what was received and what is allowed.
 */
export function checkPattern(setting: string, value: string, pattern: RegExp, allowed: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) {
    throw new InvalidSetting(setting, value, allowed);
  }
}

export function checkLength(setting: string, value: string, min: number, max: number): void {
  if (typeof value !== 'string' || value.length < min || value.length > max) {
    throw new InvalidSetting(setting, value, min === 0 ? `at most ${max} characters` : `${min} to ${max} characters`);
  }
}

export function checkOneOf<T>(setting: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new InvalidSetting(setting, value, allowed.map((one) => JSON.stringify(one)).join(', '));
  }
}

export function checkWholeNumber(setting: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidSetting(setting, value, `a whole number from ${min} to ${max}`);
  }
}

/** Refuses the first name that appears twice. */
export function checkDistinct(setting: string, values: readonly unknown[]): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) {
    throw new InvalidSetting(setting, twice, 'each only once');
  }
}
