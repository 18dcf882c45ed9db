import type { Call } from './command.ts';
import { CommandFailed, EXIT } from './errors.ts';

/**
 * Does the same to several tasks, one after the other: that one is refused does not spare the others. With `--json` one name prints its
 * answer, several print a list.
 *
 * @returns the exit code: 1 when one of them was refused
 */
export async function eachTask<O>(
  { args, output }: Call<O>,
  work: (task: string) => Promise<unknown>,
  done: (task: string) => string,
): Promise<number> {
  // The one argument takes all names there are.
  const [names] = args as unknown as [readonly string[]];
  const [only, ...more] = [...new Set(names)] as [string, ...string[]];
  if (more.length === 0) {
    output.result(await work(only), () => done(only));
    return EXIT.ok;
  }
  const answers: unknown[] = [];
  let failed = 0;
  for (const name of [only, ...more]) {
    try {
      answers.push(await work(name));
      if (!output.json) output.result(undefined, () => done(name));
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      failed += 1;
      output.message(`${name}: ${error.message}`);
    }
  }
  if (output.json) output.result(answers, () => '');

  return failed === 0 ? EXIT.ok : EXIT.failed;
}
