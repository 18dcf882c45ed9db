import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { environment } from '../environment.ts';

const BUNDLE = 'index.mjs';
const PLACE = new RegExp(`[^\\s(]*${BUNDLE.replace('.', '\\.')}:(\\d+):(\\d+)`, 'g');

let map: SourceMap | undefined;

/**
 * A stack with the places in the sources in place of those in the bundle, whose only line nobody can read. Done by hand and for the log only:
 * Node's own way reads the map at every start.
 */
export function readableStack(stack: string): string {
  try {
    map ??= new SourceMap(JSON.parse(readFileSync(join(environment('LAMBDA_TASK_ROOT'), `${BUNDLE}.map`), 'utf8')));
  } catch {
    return stack;
  }
  const { findOrigin } = map;

  return stack.replaceAll(PLACE, (text, line: string, column: string) => {
    const origin = findOrigin.call(map, Number(line), Number(column));

    return 'fileName' in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : text;
  });
}
