import type { SourceColumn, SourceTable } from '../../core/fdi/source-tables.ts';
import { type Calls, path } from './calls.ts';

export interface DataSource {
  readonly name: string;
  readonly kind: string;
  readonly description: string;
  /** The last test of the settings it has now. */
  readonly tested?: { readonly at: string; readonly passed: boolean };
}

export interface SourceCheck {
  readonly user: string;
  readonly what: string;
  readonly milliseconds: number;
  readonly ok: boolean;
  /** Nothing failed, and nothing is proved: why. */
  readonly unproved?: string;
  /** With `advice`, where it failed. */
  readonly problem?: string;
  readonly advice?: string;
}

export interface SourceReport {
  readonly name: string;
  readonly kind: string;
  readonly passed: boolean;
  readonly checks: readonly SourceCheck[];
}

export interface SourceOperations {
  dataSources(): Promise<DataSource[]>;
  testDataSource(name: string): Promise<SourceReport>;
  tables(source: string): Promise<SourceTable[]>;
  columns(source: string, table: string): Promise<SourceColumn[]>;
}

export function sourceOperations({ send, all }: Calls): SourceOperations {
  return {
    dataSources: () => all<DataSource>('/datasources'),
    testDataSource: (name) => send('POST', path`/datasources/${name}/test`) as Promise<SourceReport>,
    tables: (source) => all<SourceTable>(path`/datasources/${source}/tables`),
    columns: (source, table) => all<SourceColumn>(path`/datasources/${source}/tables/${table}`),
  };
}
