import { Rejection } from './rejection.ts';
import type { HeldRecord, RefusedAgain, ReplayWay } from './replay-held.ts';
import { NotTaken, type OutgoingRow, type Outlet, RowsRefused } from './run-outlet.ts';

export interface OutletSendingAgain<Row extends OutgoingRow, Item> {
  readonly outlet: Outlet<Row>;
  readonly rowOf: (item: Item) => Row;
  /** Takes them out of the quarantine. May be repeated. */
  readonly takeOut: (records: readonly HeldRecord[]) => Promise<void>;
  /** No time to begin with more. */
  readonly isOver: () => boolean;
}

interface Outgoing<Row> {
  readonly held: HeldRecord;
  readonly row: Row;
}

/**
 * Records into what knows no transactions, as many at once as it gets through in about a second: what is acknowledged leaves the quarantine. Who
 * dies in between sends again, under the same ids.
 */
export function outletReplay<Row extends OutgoingRow, Item>({
  outlet,
  rowOf,
  takeOut,
  isOver,
}: OutletSendingAgain<Row, Item>): ReplayWay<Item>['write'] {
  return async (items, done) => {
    const refused: RefusedAgain[] = [];
    for (let at = 0; at < items.length; ) {
      if (at > 0 && isOver()) {
        return { refused, rest: items.slice(at) };
      }
      const some = items.slice(at, at + Math.max(1, outlet.recordsAtOnce));
      try {
        await send(
          some.map(({ held, item }) => ({ held, row: rowOf(item) })),
          done,
          refused,
        );
      } catch (error) {
        // What was sent before is told; the next call meets the same, and says so.
        if (error instanceof NotTaken && at > 0) {
          return { refused, rest: items.slice(at) };
        }
        throw error;
      }
      at += some.length;
    }

    return { refused };
  };

  async function send(
    rows: readonly Outgoing<Row>[],
    done: (records: number) => void,
    refused: RefusedAgain[],
  ): Promise<void> {
    if (rows.length === 0) {
      return;
    }
    const acknowledged = new Set<string>();
    const settle = async (some: readonly Outgoing<Row>[]) => {
      if (some.length > 0) {
        await takeOut(some.map(({ held }) => held));
        done(some.length);
      }
    };
    try {
      await outlet.send(
        rows.map(({ row }) => row),
        { hold: async () => undefined, acknowledged: ({ id }) => void acknowledged.add(id) },
      );
    } catch (error) {
      await settle(rows.filter(({ row }) => acknowledged.has(row.id)));
      if (!(error instanceof RowsRefused)) {
        throw error;
      }
      const ids = new Set(error.rows.map(({ id }) => id));
      const theirs = rows.filter(({ row }) => ids.has(row.id));
      const [only, ...more] = theirs;
      if (only !== undefined && more.length === 0) {
        const { code = 'answer', message } = error.fault;
        refused.push({ held: only.held, rejection: new Rejection(code, message) });
      } else {
        const middle = theirs.length >> 1;
        await send(theirs.slice(0, middle), done, refused);
        await send(theirs.slice(middle), done, refused);
      }
      return send(
        rows.filter(({ row }) => !(acknowledged.has(row.id) || ids.has(row.id))),
        done,
        refused,
      );
    }
    await settle(rows);
  }
}
