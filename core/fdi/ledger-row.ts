import { databaseTime, isoTime } from './database-time.ts';
import type { Cut, LedgerState } from './ledger.ts';
import { type LedgerReport, reportOf } from './ledger-report.ts';
import { longParameter, type Parameter, textParameter } from './statement.ts';

/** The ledger as the database keeps it: one row per task and epoch. */
export type LedgerRow = Readonly<Record<string, unknown>>;

/** What a cut is, as it is kept. The release before reads the last as the first. */
const [BOUND, EXACT, COUNTED] = [0, 1, 2];
const TIMES = ['Since', 'CountedThrough', 'JudgedAt', 'OkAt', 'ProgressAt'] as const;
const PLAIN = [
  ...([
    'Stream',
    'EventSource',
    'Base',
    'Accepted',
    'Unsure',
    'Seen',
    'Cuts',
    'Difference',
    'Acknowledged',
    'Handled',
  ] as const),
];

/** @param tasks how many, as `:task0`, `:task1`, … */
export function ledgersSql(tasks: number): string {
  const names = Array.from({ length: tasks }, (_, at) => `:task${at}`).join(', ');
  const times = TIMES.map((column) => `CAST(${column} AS CHAR) AS ${column}`).join(', ');

  return `SELECT Task, Epoch, ${PLAIN.join(', ')}, ${times} FROM causeway.ledger WHERE Task IN (${names})`;
}

const COLUMNS = [...PLAIN, ...TIMES].filter(
  (column) => column !== 'JudgedAt' && column !== 'OkAt' && column !== 'Acknowledged',
);
const OPTIONAL = (column: string) => `NULLIF(:${column}, '')`;

/** Writes the row as it is now. What was acknowledged meanwhile stays, unless the account is a new one: that begins at another time. */
export const KEEP_SQL = `INSERT INTO causeway.ledger (Task, Epoch, ${COLUMNS.join(', ')}, JudgedAt, OkAt, UpdatedAt)
VALUES (:Task, :Epoch, ${COLUMNS.map((column) => `:${column}`).join(', ')}, ${OPTIONAL('JudgedAt')}, ${OPTIONAL('OkAt')}, UTC_TIMESTAMP(3))
ON DUPLICATE KEY UPDATE Acknowledged = IF(Since = :Since, Acknowledged, 0), ${COLUMNS.map((column) => `${column} = :${column}`).join(', ')},
  JudgedAt = ${OPTIONAL('JudgedAt')}, OkAt = ${OPTIONAL('OkAt')}, UpdatedAt = UTC_TIMESTAMP(3)`;

export function ledgerParameters(task: string, epoch: number, state: LedgerState, seen: number): Parameter[] {
  const time = (at: number | null) => (at === null ? '' : databaseTime(at));

  return [
    textParameter('Task', task),
    longParameter('Epoch', epoch),
    textParameter('Stream', state.stream),
    textParameter('EventSource', state.eventSource),
    longParameter('Base', state.base),
    longParameter('Accepted', state.accepted),
    longParameter('Unsure', state.unsure),
    longParameter('Seen', seen),
    textParameter('Cuts', JSON.stringify(state.cuts.map((cut) => [cut.at, cut.handled, kindOf(cut)]))),
    longParameter('Difference', state.difference),
    longParameter('Handled', state.handled),
    textParameter('Since', time(state.since)),
    textParameter('CountedThrough', time(state.countedThrough)),
    textParameter('ProgressAt', time(state.progressAt)),
    textParameter('JudgedAt', time(state.judgedAt)),
    textParameter('OkAt', time(state.okAt)),
  ];
}

export function ledgerState(row: LedgerRow): LedgerState {
  const time = (column: string) => Date.parse(isoTime(row[column]));
  const optional = (column: string) => (row[column] === null || row[column] === undefined ? null : time(column));

  return {
    stream: String(row['Stream']),
    eventSource: String(row['EventSource']),
    since: time('Since'),
    base: Number(row['Base']),
    accepted: Number(row['Accepted']),
    countedThrough: time('CountedThrough'),
    unsure: Number(row['Unsure']),
    cuts: cutsOf(String(row['Cuts'])),
    difference: Number(row['Difference']),
    acknowledged: Number(row['Acknowledged'] ?? 0),
    judgedAt: optional('JudgedAt'),
    okAt: optional('OkAt'),
    handled: Number(row['Handled']),
    progressAt: time('ProgressAt'),
  };
}

/** As of the last time the ledger was kept: at most some minutes old. */
export function rowReport(
  row: LedgerRow,
  handled: { readonly written: number; readonly quarantined: number },
): LedgerReport {
  return reportOf({ ...ledgerState(row), seen: Number(row['Seen']) }, handled);
}

function cutsOf(text: string): Cut[] {
  const rows = JSON.parse(text) as [at: number, handled: number, kind: number][];

  return rows.map(([at, handled, kind]) => ({
    ...{ at, handled, exact: kind === EXACT },
    ...(kind === COUNTED && { counted: true }),
  }));
}

function kindOf({ exact, counted }: Cut): number {
  if (exact) {
    return EXACT;
  }

  return counted ? COUNTED : BOUND;
}
