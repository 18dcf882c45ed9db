/**
 * `20261124T080000123Z-1f3a`: runs of a task are in the order of their ids.
 *
 * @param random four characters that runs of one moment differ in
 */
export function runId(now: Date, random: string): string {
  return `${runIdTime(now)}-${random}`;
}

const RUN = /^\d{8}T\d{9}Z-[0-9a-f]{4}$/;

/** No rule gives a message such a trace id. */
export function isRunId(text: string): boolean {
  return RUN.test(text);
}

/** What an id begins with; in the order of ids it comes before those of its moment. */
export function runIdTime(time: Date): string {
  return time.toISOString().replaceAll(/[-:.]/g, '');
}
