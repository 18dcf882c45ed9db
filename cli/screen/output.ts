import picocolors from 'picocolors';
import type { CliContext, Writer } from '../context.ts';
import { pairsTable, table } from './table.ts';

type Colours = ReturnType<typeof picocolors.createColors>;

/**
 * Everything a command says. Results go to stdout, as text for a person or, with `--json`, as one JSON value for a
 * program; whatever else there is to say goes to stderr, so that a pipe carries results only.
 */
export interface Output {
  readonly json: boolean;
  readonly colours: Colours;
  /** stderr is a terminal: something that redraws itself may be shown there. */
  readonly live: boolean;
  readonly stderr: Writer;
  /** A result: `people` writes the text, only when a person is to read it. */
  result(value: unknown, people: () => string): void;
  /** A list of results; `empty` is the sentence shown instead of an empty table. */
  list<T>(items: readonly T[], columns: Readonly<Record<string, (item: T) => unknown>>, empty: string): void;
  table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string;
  pairs(pairs: readonly (readonly [name: string, value: unknown])[]): string;
  /** One JSON line of a stream of events; nothing without `--json`. */
  event(value: unknown): void;
  message(text: string): void;
}

export function createOutput(context: CliContext, json: boolean): Output {
  const { stdout, stderr } = context;
  const colours = picocolors.createColors(mayColour(context, stdout));
  const options = { width: stdout.isTTY ? stdout.columns : undefined, heading: colours.bold };
  const drawTable: Output['table'] = (headings, rows) => table(headings, rows, options);

  return {
    json,
    colours,
    live: stderr.isTTY === true && !json,
    stderr,
    result(value, people) {
      stdout.write(`${json ? JSON.stringify(value, null, 2) : people()}\n`);
    },
    list(items, columns, empty) {
      this.result(items, () =>
        items.length === 0
          ? empty
          : drawTable(
              Object.keys(columns),
              items.map((item) => Object.values(columns).map((cell) => cell(item))),
            ),
      );
    },
    table: drawTable,
    pairs: (pairs) => pairsTable(pairs, options),
    event(value) {
      if (json) stdout.write(`${JSON.stringify(value)}\n`);
    },
    message(text) {
      stderr.write(`${text}\n`);
    },
  };
}

/** https://no-color.org: any value but the empty one switches colours off. */
function mayColour({ env }: CliContext, writer: Writer): boolean {
  return writer.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}
