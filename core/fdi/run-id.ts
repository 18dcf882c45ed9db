/**
 * `20261124T080000123Z-1f3a`: runs of a task are in the order of their ids.
 *
 * @param random four characters that runs of one moment differ in
 */
export function runId(now: Date, random: string): string {
  return `${now.toISOString().replaceAll(/[-:.]/g, '')}-${random}`;
}
