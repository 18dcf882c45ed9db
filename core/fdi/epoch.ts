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
