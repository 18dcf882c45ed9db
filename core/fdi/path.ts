import { InvalidSetting } from '../errors.ts';

/** A parsed path: field names and array positions; empty = the whole message. */
export type Path = readonly (string | number)[];

/** The value at a path of a message; `undefined` when there is none. */
export type ValueAt = (message: unknown, path: Path) => unknown;

const STEP = /^(?:\.?([^.[\]]+)|\[(\d{1,9})\])/;

/**
 * Reads a path such as `data.deviceId`, `items[0].price` or `$.data`; `$` alone is the whole message.
 *
 * @throws InvalidSetting when it is no path
 */
export function parsePath(text: string, where: string): Path {
  const steps: (string | number)[] = [];
  let rest = text === '$' ? '' : text.replace(/^\$(?=[.[])/, '');
  if (text.trim() === '' || (text !== '$' && rest === '')) {
    throw notAPath(where, text);
  }
  if (rest.startsWith('.') && !text.startsWith('$')) {
    throw notAPath(where, text);
  }
  while (rest !== '') {
    const match = STEP.exec(rest);
    if (match === null || (steps.length > 0 && match[1] !== undefined && !rest.startsWith('.'))) {
      throw notAPath(where, text);
    }
    steps.push(match[1] ?? Number(match[2]));
    rest = rest.slice(match[0].length);
  }

  return Object.freeze(steps);
}

/** The value at the path; `undefined` when there is none, also where an inherited property has that name. */
export function valueAt(message: unknown, path: Path): unknown {
  let value = message;
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<string | number, unknown>)[step];
  }

  return value;
}

function notAPath(where: string, received: string): InvalidSetting {
  return new InvalidSetting(
    where,
    received,
    'field names joined by `.`, array positions as `[0]`; `$` for the whole message',
  );
}
