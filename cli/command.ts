import type { Argument, Option } from 'commander';
import type { CliContext } from './context.ts';
import type { Platform } from './platform/platform.ts';
import type { Output } from './screen/output.ts';

/** What a command file exports: its place in the tree, its words, and what it does. `program.ts` does the rest. */
export interface CommandDefinition<O = Record<string, unknown>> {
  /** `device register`: a group and a name, or a name alone. */
  readonly path: string;
  /** One line for lists of commands. */
  readonly summary: string;
  /** What a person should know before using it; paragraphs. */
  readonly details?: string;
  readonly arguments?: readonly Argument[];
  /** Its own options; `--json`, `--debug` and, with `platform`, `--state` and `--stack` come from the program. */
  readonly options?: readonly Option[];
  readonly examples: readonly Example[];
  /** True: it works on a running platform and takes `--state` or `--stack`. */
  readonly platform: boolean;
  /** Answers the exit code; nothing means 0. */
  run(call: Call<O>): Promise<number | undefined>;
}

export type Example = readonly [commandLine: string, whatItDoes: string];

export interface Call<O> {
  /** In the order of `arguments`; an optional one that is missing is undefined, one that takes several is a list. */
  readonly args: readonly (string | readonly string[] | undefined)[];
  readonly options: Readonly<O>;
  readonly output: Output;
  readonly context: CliContext;
  /** The platform that `--state` or `--stack` names; refuses when there is none. */
  platform(): Promise<Platform>;
}

/** Gives a definition's options their type; the rest is as written. */
export function command<O>(definition: CommandDefinition<O>): CommandDefinition<O> {
  return definition;
}
