import Table from 'cli-table3';

export interface TableOptions {
  /** Width to keep to, in characters; without it nothing is cut. */
  readonly width?: number | undefined;
  readonly heading: (text: string) => string;
}

const GAP = 2;
/** A column is never cut below this: less is unreadable. */
const NARROWEST = 6;

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/** Lines of aligned columns under headings, cut to the width where they must be. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly unknown[])[],
  options: TableOptions,
): string {
  const cells = rows.map((row) => row.map(cellText));
  const natural = headings.map((heading, column) =>
    Math.max(displayWidth(heading), ...cells.map((row) => displayWidth(row[column] ?? ''))),
  );
  const prose = headings.map((_, column) => cells.some((row) => (row[column] ?? '').includes(' ')));
  const widths = fitted(natural, prose, options.width);
  const drawn = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    head: headings.map((heading) => options.heading(heading)),
    colWidths: widths.map((width) => width + GAP),
  });
  drawn.push(...cells);

  return trimmedLines(drawn.toString());
}

/** Name and value, one pair a line; values are never cut, since they are what one came for. */
export function pairsTable(pairs: readonly (readonly [name: string, value: unknown])[], options: TableOptions): string {
  const width = Math.max(...pairs.map(([name]) => displayWidth(name)));

  return pairs
    .map(([name, value]) => `${options.heading(name + ' '.repeat(width - displayWidth(name)))}  ${cellText(value)}`)
    .join('\n');
}

/** Control characters could move the cursor or change colours: values come from outside, so they are shown, not obeyed. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cellText).join(', ');
  const plain = typeof value === 'object' ? JSON.stringify(value) : String(value);

  return plain.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Prose gives way first, the widest of it; ids and times, of which half is worth nothing, only when that is not enough. */
function fitted(natural: readonly number[], prose: readonly boolean[], width = Number.POSITIVE_INFINITY): number[] {
  const widths = [...natural];
  const excess = () => widths.reduce((sum, column) => sum + column + GAP, -GAP) - width;
  for (const yields of [true, false]) {
    const columns = widths.flatMap((_, column) => (prose[column] === yields ? [column] : []));
    while (excess() > 0) {
      const widest = columns.reduce(
        (most, column) => ((widths[column] ?? 0) > (widths[most] ?? 0) ? column : most),
        -1,
      );
      if ((widths[widest] ?? 0) <= NARROWEST) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  }
  return widths;
}

/** East Asian wide characters and emoji take two columns of a terminal. */
function displayWidth(text: string): number {
  return [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

function trimmedLines(drawn: string): string {
  return drawn
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
