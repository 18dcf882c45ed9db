/** `2026-11-24 08:00:00.000`, which the database keeps as UTC. */
export function databaseTime(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 23).replace('T', ' ');
}

/** A time of the database, read as text, as ISO 8601. */
export function isoTime(databaseText: unknown): string {
  return `${String(databaseText).replace(' ', 'T')}Z`;
}
