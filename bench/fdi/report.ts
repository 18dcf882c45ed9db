import Table from 'cli-table3';
import type { BundleReport } from './bundles.ts';

/** Medians of one batch size. */
export interface BatchReport {
  readonly records: number;
  readonly rowsPerSecond: number;
  readonly rawRowsPerSecond: number;
  readonly naiveRowsPerSecond: number;
  readonly rowsPerSecondAt15ms: number;
  readonly ratioToRaw: number;
  readonly ratioToNaive: number;
  /** Against the driver without any distance: it has none in this run. */
  readonly ratioToRawAt15ms: number;
  /** What the driver would come to with the same distance, in one call a batch: the faster the machine, the less. */
  readonly rawAt15msToRaw: number;
  readonly peakMemoryMb: number;
}

/** The numbers at 1,000 records a batch stand at the top. */
export interface FdiReport extends Omit<BatchReport, 'records'> {
  readonly bundles: readonly BundleReport[];
  readonly batches: readonly BatchReport[];
}

/** No colours and no lines between rows: it is pasted into documents. */
const STYLE = { head: [], border: [], compact: true };
const MAX_BUNDLE_KB = 400;
const MAX_INIT_MS = 200;

export function fdiTable({ batches, bundles }: FdiReport): string {
  const speed = new Table({
    head: ['records a batch', ...batches.map(({ records }) => count(records))],
    colAligns: right(batches.length),
    style: STYLE,
  });
  const line = (name: string, value: (report: BatchReport) => string) => speed.push([name, ...batches.map(value)]);
  line('consumer, rows/s', ({ rowsPerSecond }) => count(rowsPerSecond));
  line('driver itself, rows/s', ({ rawRowsPerSecond }) => count(rawRowsPerSecond));
  line('one insert per record, rows/s', ({ naiveRowsPerSecond }) => count(naiveRowsPerSecond));
  line('consumer : driver', ({ ratioToRaw }) => ratioToRaw.toFixed(2));
  line('consumer : one by one', ({ ratioToNaive }) => `${ratioToNaive.toFixed(0)} x`);
  line('consumer at 15 ms a call, rows/s', ({ rowsPerSecondAt15ms }) => count(rowsPerSecondAt15ms));
  line('consumer at 15 ms a call : driver', ({ ratioToRawAt15ms }) => ratioToRawAt15ms.toFixed(2));
  line('driver with 15 ms a call : driver', ({ rawAt15msToRaw }) => rawAt15msToRaw.toFixed(2));
  line('peak memory, MB', ({ peakMemoryMb }) => count(peakMemoryMb));

  const sizes = new Table({
    head: ['function', `KB (≤ ${MAX_BUNDLE_KB})`, `initialisation ms (< ${MAX_INIT_MS})`],
    colAligns: right(2),
    style: STYLE,
  });
  for (const { name, bytes, initMs } of bundles) {
    sizes.push([name, (bytes / 1024).toFixed(0), initMs.toFixed(0)]);
  }

  return `${speed.toString()}\n\n${sizes.toString()}`;
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function right(columns: number): ('left' | 'right')[] {
  return ['left', ...Array.from({ length: columns }, () => 'right' as const)];
}
