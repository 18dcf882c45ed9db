const QUALIFIER = /:function:[^:]+:epoch-(\d{1,9})$/;

/**
 * The epoch a consumer writes in. A task that is set back reads on through a mapping that invokes the alias `epoch-<n>`; what an
 * older mapping still had in flight then moves the position of its own epoch only.
 *
 * @param functionArn as Lambda invoked it, with its qualifier if it had one
 */
export function epochOf(functionArn: string): number {
  return Number(QUALIFIER.exec(functionArn)?.[1] ?? 1);
}

/** The name under which a function is invoked in an epoch; the first needs none. */
export function epochAlias(epoch: number): string {
  return `epoch-${epoch}`;
}

/** What a mapping invokes: the function itself in the first epoch, its alias in later ones. */
export function epochArn(functionArn: string, epoch = 1): string {
  return epoch === 1 ? functionArn : `${functionArn}:${epochAlias(epoch)}`;
}
