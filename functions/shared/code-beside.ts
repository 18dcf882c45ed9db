import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { environment } from './environment.ts';

/** Loads code that lies in a file of its own beside the function's, because it is large and most functions need none of it. */
export async function codeBeside<Module>(file: string): Promise<Module> {
  return (await import(pathToFileURL(join(environment('LAMBDA_TASK_ROOT'), file)).href)) as Module;
}
