import type { SourceCheck } from './source-check.ts';

/** What integrations read from and write into. Each kind has a test of its own. */
export type SourceKind =
  | 'aurora-mysql'
  | 'mysql'
  | 'postgresql'
  | 'redis'
  | 'mongodb'
  | 'http'
  | 'files'
  | 'topic'
  | 'kafka'
  | 'unknown';

export interface DataSource {
  readonly name: string;
  readonly kind: SourceKind;
  readonly description: string;
  /** Its last test, where it was tested with the settings it has now. */
  readonly tested?: {
    /** ISO 8601, UTC. */
    readonly at: string;
    readonly passed: boolean;
  };
}

/** A plain answer: connected and good for its use, or what failed and what to change. */
export interface SourceReport {
  readonly name: string;
  readonly kind: SourceKind;
  /** Every check passed. */
  readonly passed: boolean;
  readonly checks: readonly SourceCheck[];
}

/** The one every platform with tables has. */
export const PLATFORM_DATABASE: DataSource = {
  name: 'database',
  kind: 'aurora-mysql',
  description: "the platform's Aurora MySQL, over the Data API",
};

export function sourceReport(
  { name, kind }: Pick<DataSource, 'name' | 'kind'>,
  checks: readonly SourceCheck[],
): SourceReport {
  return { name, kind, passed: checks.every(({ ok }) => ok), checks };
}
