import { Buffer } from 'node:buffer';
import type { FieldPacket } from 'mysql2';
import { AwsError } from '../errors.ts';
import { type Column, columnMetadata, columnOf } from './column.ts';
import { badRequest } from './errors.ts';
import type { Limits } from './limits.ts';
import type { RowSink } from './session.ts';
import { fieldWriter, plainWriter, type ResultSetOptions, type ValueWriter } from './value-json.ts';

export interface ResultOptions {
  /** As JSON text of objects, in place of records. */
  readonly json: boolean;
  readonly metadata: boolean;
  readonly resultSet: ResultSetOptions;
}

/** Writes a result as it comes; one that grows too large ends there, whatever more the statement would have brought. */
export class ResultWriter implements RowSink {
  readonly #options: ResultOptions;
  readonly #limits: Limits;
  readonly #rows: string[] = [];
  #columns: readonly Column[] | undefined;
  #writers: readonly ValueWriter[] = [];
  #keys: readonly string[] = [];
  #bytes = 0;

  constructor(options: ResultOptions, limits: Limits) {
    this.#options = options;
    this.#limits = limits;
  }

  /** False for statements that answer no rows. */
  get isResultSet(): boolean {
    return this.#columns !== undefined;
  }

  fields(fields: readonly FieldPacket[]): void {
    const { json, resultSet } = this.#options;
    const columns = fields.map(columnOf);
    if (json) refuseDuplicates(columns);
    this.#columns = columns;
    this.#writers = columns.map((column) => (json ? plainWriter(column, resultSet) : fieldWriter(column, resultSet)));
    this.#keys = columns.map(({ label }) => `${JSON.stringify(label)}:`);
  }

  row(values: readonly unknown[]): void {
    const size = values.reduce<number>((sum, value) => sum + sizeOf(value), 0);
    if (size > this.#limits.rowBytes) {
      throw badRequest(`Database returned a row of more than ${this.#limits.rowBytes >> 10} KB`);
    }
    const parts = this.#writers.map((write, index) => write(values[index] ?? null));
    const text = this.#options.json
      ? `{${parts.map((part, index) => (this.#keys[index] as string) + part).join(',')}}`
      : `[${parts.join(',')}]`;
    this.#bytes += Buffer.byteLength(text) + 1;
    if (this.#bytes > this.#limits.responseBytes) {
      throw badRequest('Database returned more than the allowed response size limit');
    }
    this.#rows.push(text);
  }

  /** The members of the answer, as JSON text without braces. */
  members(): string[] {
    const columns = this.#columns;
    if (columns === undefined) return [];
    const rows = `[${this.#rows.join(',')}]`;
    if (this.#options.json) return [`"formattedRecords":${JSON.stringify(rows)}`];
    const metadata = this.#options.metadata ? [`"columnMetadata":${JSON.stringify(columns.map(columnMetadata))}`] : [];

    return [...metadata, `"records":${rows}`];
  }
}

function refuseDuplicates(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { label } of columns) {
    if (seen.has(label)) {
      throw new AwsError(
        'UnsupportedResultException',
        `The result has several columns with the label ${label}; give them different ones with AS`,
      );
    }
    seen.add(label);
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);

  return Buffer.isBuffer(value) ? value.length : 8;
}
