import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidSetting } from '../../core/errors.ts';
import { environment } from './environment.ts';

/**
 * The static definitions of a function: `definitions.json` beside its code (the environment holds only 4 KB). Written at synthesis from
 * a type of `core`, so it is read as that type without a second validation. Call it once, at initialisation.
 *
 * @param name of the file, where a function has several
 * @throws InvalidSetting when the file is missing or is not JSON
 */
export function readDefinitions<T>(name = 'definitions.json'): T {
  const file = join(environment('LAMBDA_TASK_ROOT'), name);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    throw new InvalidSetting(
      file,
      error instanceof Error ? error.message : error,
      'the JSON file written at synthesis',
    );
  }
}
