import { SourceFailed } from './source.ts';

/** As much as an answer of an API may have. */
const MAX_BYTES = 5 * 1024 * 1024;

/** Gathers a result's rows and refuses more than a script may take at once. */
export class ResultRows {
  readonly #labels: readonly string[];
  readonly #labelBytes: number;
  readonly rows: Record<string, unknown>[] = [];
  #bytes = 0;

  constructor(labels: readonly string[]) {
    this.#labels = labels;
    this.#labelBytes = labels.reduce((sum, label) => sum + Buffer.byteLength(label) + 4, 2);
  }

  /** @throws SourceFailed when the result has become too large */
  add(values: readonly unknown[]): void {
    this.#bytes += values.reduce<number>((sum, value) => sum + sizeOf(value), this.#labelBytes);
    checkSize(this.#bytes);
    // A label may be `__proto__`, which assignment would not make a field.
    this.rows.push(Object.fromEntries(this.#labels.map((label, index) => [label, values[index] ?? null])));
  }
}

/** @throws SourceFailed for a result of more than 5 MB */
export function checkSize(bytes: number): void {
  if (bytes > MAX_BYTES) {
    throw new SourceFailed(`the result is larger than ${MAX_BYTES >> 20} MB: ask for fewer rows or columns`);
  }
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' ? Buffer.byteLength(value) + 2 : 8;
}
