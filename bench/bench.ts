/** One benchmark: `npm run bench -- <name>`. */
export interface Bench<Report> {
  readonly summary: string;
  /** @param progress says in one line what is being measured */
  run(progress: (message: string) => void): Promise<Report>;
  /** The report for people; with `--json` the report itself is printed. */
  table(report: Report): string;
  /** In words what the numbers must not be, if they are so: the command fails. */
  fault?(report: Report): string | undefined;
}
