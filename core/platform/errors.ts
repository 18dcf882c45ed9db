/** A migration that the database did not take. The message names migration and statement and repeats what the database said. */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed';
}
