/**
 * `20261124T080000123Z-1f3a`: runs of a task are in the order of their ids.
 *
 * @param random four characters that runs of one moment differ in
 */
export function runId(now: Date, random: string): string {
  return `${runIdTime(now)}-${random}`;
}

/** What an id begins with; in the order of ids it comes before those of its moment. */
export function runIdTime(time: Date): string {
  return time.toISOString().replaceAll(/[-:.]/g, '');
}
