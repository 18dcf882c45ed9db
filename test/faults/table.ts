import Table from 'cli-table3';
import type { SuiteReport } from './suite.ts';

/** No colours and no lines between rows: it is pasted into documents. */
const STYLE = { head: [], border: [], compact: true };

export function suiteTable(reports: Readonly<Record<string, SuiteReport>>): string {
  const table = new Table({
    head: ['suite', 'acknowledged', 'unknown', 'arrived', 'written', 'quarantined', 'harm', 'sending s', 'settling s'],
    style: STYLE,
  });
  for (const [name, report] of Object.entries(reports)) {
    const { acknowledged, unknown, arrived, written, quarantined, harm, seconds } = report;
    table.push([
      name,
      ...[acknowledged, unknown, arrived, written, quarantined].map((value) => value.toLocaleString('en-US')),
      Object.entries(harm)
        .map(([what, times]) => `${what} ${times}`)
        .join(', '),
      seconds.sending.toFixed(0),
      seconds.settling.toFixed(0),
    ]);
  }

  return table.toString();
}

export function findingsText(reports: Readonly<Record<string, { readonly findings: readonly string[] }>>): string {
  const findings = Object.entries(reports).flatMap(([name, report]) =>
    report.findings.map((finding) => `${name}: ${finding}`),
  );

  return findings.length === 0 ? 'Nothing was found.' : findings.join('\n');
}
