import type { ImageDialect } from './before-image.ts';
import type { Column } from './column.ts';
import type { MappedColumn } from './mapping.ts';
import type { DatabaseTarget } from './run-destination.ts';
import type { RunFault } from './run-ports.ts';
import type { RunSession, RunStatement } from './run-session.ts';
import type { MetadataType } from './topic-task.ts';

/** A column of a source or target, and what its dialect has to know of it. */
export interface TableColumn extends Column {
  /** What a text is made into it by: a type of PostgreSQL, a collation of MySQL. */
  readonly as: string;
}

/** A table as its database describes it. */
export interface TableShape {
  /** As the database writes it. */
  readonly name: string;
  readonly columns: readonly TableColumn[];
  /** The primary key first, if there is one. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Empty without one. */
  readonly primaryKey: readonly string[];
}

/** Columns that rows of a table are found by without reading the others. */
export interface LeadingColumns {
  /** Greater with each row that is added; undefined where none is. */
  readonly growing: string | undefined;
  /** What stands behind the table's name, by column in lower case. */
  readonly using: ReadonlyMap<string, string>;
}

/** The statements that write a page; their rows are a JSON array of arrays in the order of `cells`. */
export interface RowStatements {
  /** The columns that come from the records, one cell of a row each. */
  readonly cells: readonly MappedColumn[];
  readonly write: (rows: string, batch: string) => RunStatement;
  /** Answers `n`, the numbers from 1 of the rows that need no writing. */
  readonly settled?: (rows: string) => RunStatement;
}

/** What databases say differently. */
export interface RunDialect {
  readonly quoted: (name: string) => string;
  /** The time in UTC, with milliseconds. */
  readonly now: string;
  readonly in: (seconds: number) => string;
  /** A `?` that is a time, as `databaseTime` writes it. */
  readonly time: string;
  /** A time of a column, in that form. */
  readonly timeText: (expression: string) => string;
  /** An INSERT that does nothing where the key is there already. */
  readonly once: (insert: string, keyColumn: string) => string;
  /** @returns undefined when the user sees no such table */
  readonly describe: (session: RunSession, table: string) => Promise<TableShape | undefined>;
  /** Of the columns that lead an index: the one that counts rows as they are added, and how a SELECT is told to go by an index. */
  readonly indexes: (session: RunSession, table: string) => Promise<LeadingColumns>;
  /** How a column is selected so that nothing of its values is lost; undefined for one whose values are not carried. */
  readonly read: (column: TableColumn, expression: string) => string | undefined;
  /** What its values are read as. */
  readonly typeOf: (column: TableColumn) => MetadataType;
  /** A `?` that is compared with a column by its index, and finds what `read` gave. */
  readonly bound: (column: TableColumn | undefined) => string;
  readonly rows: (target: DatabaseTarget, shape: TableShape, mapped: readonly MappedColumn[]) => RowStatements;
  readonly text: { readonly type: string; readonly time: string; readonly long: string };
  /** What a session is set to that must not wait long for locks, and whose transaction must end where its process was stopped in the middle. */
  readonly brief: readonly string[];
  /** The table does not exist. */
  readonly isMissing: (error: unknown) => boolean;
  readonly faultOf: (error: unknown) => RunFault;
  readonly images: ImageDialect;
}
