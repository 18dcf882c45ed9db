import Table from 'cli-table3';
import type { FirstAnswers } from './first-answer.ts';

/** Medians of the rounds. */
export interface Speed {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface QueryReport {
  readonly query: string;
  readonly rows: number;
  readonly bare: Speed;
  readonly none: Speed;
  readonly appCode: Speed;
  readonly signature: Speed;
}

export interface ApiReport extends FirstAnswers {
  /** At the same time. */
  readonly clients: number;
  /** On one core. */
  readonly verificationsPerSecond: number;
  readonly queries: readonly QueryReport[];
}

/** No colours and no lines between rows: it is pasted into documents. */
const STYLE = { head: [], border: [], compact: true };
const RATIO = 0.4;
const VERIFICATIONS = 20_000;
const FIRST_MS = 400;

const WAYS = ['none', 'appCode', 'signature'] as const;
const NAMES = { none: 'open', appCode: 'AppCode', signature: 'signature' } as const;

export function apiTable({ queries, clients, verificationsPerSecond, ...first }: ApiReport): string {
  const speed = new Table({
    head: [`${clients} clients`, 'calls/s', `: bare (≥ ${RATIO})`, 'p50 ms', 'p99 ms'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: STYLE,
  });
  for (const report of queries) {
    const row = (name: string, { perSecond, p50, p99 }: Speed) =>
      speed.push([
        `${report.rows === 1 ? '1 row' : `${report.rows} rows`}, ${name}`,
        Math.round(perSecond).toLocaleString('en-US'),
        (perSecond / report.bare.perSecond).toFixed(2),
        p50.toFixed(1),
        p99.toFixed(1),
      ]);
    row('bare server', report.bare);
    for (const way of WAYS) row(NAMES[way], report[way]);
  }
  const others = new Table({ style: STYLE, colAligns: ['left', 'right'] });
  others.push(
    [
      `signatures verified per second on one core (≥ ${VERIFICATIONS.toLocaleString('en-US')})`,
      verificationsPerSecond.toLocaleString('en-US'),
    ],
    [`first answer, open, ms (≤ ${FIRST_MS})`, first.firstNoneMs],
    [`first answer, AppCode, ms (≤ ${FIRST_MS})`, first.firstAppCodeMs],
    [`first answer, signature, ms (≤ ${FIRST_MS})`, first.firstSignatureMs],
  );

  return `${speed.toString()}\n\n${others.toString()}`;
}

export function apiFault({ queries, verificationsPerSecond, firstNoneMs, ...first }: ApiReport): string | undefined {
  const slow = queries.flatMap((report) =>
    WAYS.filter((way) => report[way].perSecond < RATIO * report.bare.perSecond).map(
      (way) =>
        `${report.query}, ${NAMES[way]}: ${(report[way].perSecond / report.bare.perSecond).toFixed(2)} of the bare server's calls; allowed: ${RATIO}.`,
    ),
  );
  const late = Math.max(firstNoneMs, first.firstAppCodeMs, first.firstSignatureMs);
  const faults = [
    ...slow,
    ...(verificationsPerSecond >= VERIFICATIONS
      ? []
      : [`${verificationsPerSecond} signatures verified per second; allowed: ${VERIFICATIONS}.`]),
    ...(late <= FIRST_MS ? [] : [`a first answer after ${late} ms; allowed: ${FIRST_MS} ms.`]),
  ];

  return faults.length === 0 ? undefined : faults.join('\n');
}
