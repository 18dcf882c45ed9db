import type { RunStatement, RunValue } from './run-session.ts';

/** A column that rows are ordered by. */
export interface OrderColumn {
  /** As it stands in a condition. */
  readonly sql: string;
  /** A `?` that is compared with it. */
  readonly bound: string;
}

export interface KeysetQuery {
  /** `SELECT … FROM …` */
  readonly select: string;
  readonly conditions: readonly RunStatement[];
  /** Together they tell rows apart. */
  readonly order: readonly OrderColumn[];
}

/**
 * The statements that together answer what comes after a row, in order; each by a range of the index, however many rows share its first
 * columns. One `OR` would make the database read those again for every page, and OFFSET everything before it.
 *
 * @param after the row's values of `order`; all rows without it
 */
export function keysetStatements(
  { select, conditions, order }: KeysetQuery,
  after: readonly RunValue[] | undefined,
  limit: number,
): readonly RunStatement[] {
  const levels = after === undefined ? [undefined] : order.map((_, index) => order.length - 1 - index);

  return levels.map((level) => {
    const place = level === undefined ? [] : placeBehind(order, after as readonly RunValue[], level);
    const where = [...conditions, ...place];

    return {
      sql: [
        select,
        ...(where.length === 0 ? [] : [`WHERE ${where.map(({ sql }) => sql).join(' AND ')}`]),
        `ORDER BY ${order.map(({ sql }) => sql).join(', ')} LIMIT ${limit}`,
      ].join('\n'),
      values: where.flatMap(({ values }) => values),
    };
  });
}

/** Rows that share the first `level` columns with that row, and are greater in the next. */
function placeBehind(order: readonly OrderColumn[], after: readonly RunValue[], level: number): RunStatement[] {
  return order.slice(0, level + 1).map(({ sql, bound }, index) => ({
    sql: `${sql} ${index === level ? '>' : '='} ${bound}`,
    values: [after[index] ?? null],
  }));
}
