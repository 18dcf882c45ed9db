import type { AttemptReport } from './attempt.ts';
import type { Truth } from './scene.ts';

/** What was found in the tables. */
export interface Evidence {
  readonly rows: readonly { readonly id: number; readonly name: string }[];
  /** An id for each time a row was added, changed or deleted. */
  readonly touched: readonly number[];
  /** Ids of the records in the quarantine. */
  readonly rejected: readonly number[];
  /** Of the attempt that ended the run. */
  readonly report: AttemptReport;
}

/** In words, whatever is not as it has to be: lost, doubled or written again, strange, or counted wrongly. */
export function judgeCopy(truth: Truth, { rows, touched, rejected, report }: Evidence): readonly string[] {
  const findings: string[] = [];
  const { end, message = '', read, written, unchanged } = report;
  if (end !== 'succeeded') {
    findings.push(`the run ended as ${end} ${message}`);
  }
  if (read !== written + unchanged + report.rejected) {
    findings.push(`read ${read} is not written ${written} + unchanged ${unchanged} + rejected ${report.rejected}`);
  }
  const found = counted(rows.map(({ id }) => id));
  for (const id of truth.rows.keys()) {
    const times = found.get(id) ?? 0;
    if (times !== 1) {
      findings.push(`row ${id} is there ${times} times`);
    }
  }
  for (const { id, name } of rows) {
    if (truth.rows.get(id) !== name) {
      findings.push(`row ${id} is ${JSON.stringify(name)}, and not ${JSON.stringify(truth.rows.get(id))}`);
    }
  }
  findings.push(...different('written', truth.touched, counted(touched)));
  findings.push(...different('in the quarantine', new Map(truth.rejected.map((id) => [id, 1])), counted(rejected)));

  return findings;
}

function different(what: string, wanted: ReadonlyMap<number, number>, found: ReadonlyMap<number, number>): string[] {
  const ids = new Set([...wanted.keys(), ...found.keys()]);

  return [...ids].flatMap((id) => {
    const [due, times] = [wanted.get(id) ?? 0, found.get(id) ?? 0];

    return due === times ? [] : [`row ${id} is ${what} ${times} times in place of ${due}`];
  });
}

function counted(ids: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  return counts;
}
