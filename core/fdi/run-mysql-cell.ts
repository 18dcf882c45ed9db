import type { TableColumn } from './run-dialect.ts';

/** A cell's text as what its column holds, so that the column's index finds it. */
export function comparedCell(column: TableColumn, cell: string): string {
  switch (column.kind) {
    case 'integer':
      return `CAST(${cell} AS ${column.unsigned ? 'UNSIGNED' : 'SIGNED'})`;
    case 'year':
      return `CAST(${cell} AS UNSIGNED)`;
    case 'decimal':
      return `CAST(${cell} AS DECIMAL(${column.precision}, ${column.scale}))`;
    case 'float':
      return `(${cell} + 0e0)`;
    case 'datetime':
      return `CAST(${cell} AS DATETIME(6))`;
    case 'date':
      return `CAST(${cell} AS DATE)`;
    case 'time':
      return `CAST(${cell} AS TIME(6))`;
    case 'binary':
      return `CAST(${cell} AS BINARY)`;
    default:
      return column.as === '' ? cell : `CONVERT(${cell} USING ${column.charset}) COLLATE ${column.as}`;
  }
}
