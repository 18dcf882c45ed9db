/** What a shell sees: 0 it worked, 1 it was refused or failed, 2 the command line makes no sense. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** Something outside the command line went wrong; the message is one sentence that says what to do. Exit code 1. */
export class CommandFailed extends Error {
  override readonly name: string = 'CommandFailed';
}

/** Arguments that do not go together; a single bad value is refused by its option's own check. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The management API refused, in its own words. Exit code 1. */
export class ManagementRefused extends CommandFailed {
  override readonly name = 'ManagementRefused';
  readonly status: number;
  /** `CAUSEWAY.0404`; undefined when something before the platform's functions answered. */
  readonly code: string | undefined;
  readonly requestId: string | undefined;

  constructor(status: number, refusal: { message: string; code?: string | undefined; requestId?: string | undefined }) {
    super(refusal.message);
    this.status = status;
    this.code = refusal.code;
    this.requestId = refusal.requestId;
  }
}
