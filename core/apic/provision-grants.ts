/** The apps a stack lets call an API of another app. */
export interface DeclaredGrants {
  readonly group: string;
  readonly api: string;
  readonly stage: string;
  readonly apps: readonly string[];
}

export interface ProvisionGrantsPorts {
  readonly addGrant: (grants: Omit<DeclaredGrants, 'apps'>, app: string) => Promise<void>;
  readonly removeGrant: (grants: Omit<DeclaredGrants, 'apps'>, app: string) => Promise<void>;
}

/**
 * Makes the grants what a stack declares. Those given at run time are not the stack's and stay.
 *
 * @param before what was declared until now, of the same API and stage
 */
export async function provisionGrants(
  ports: ProvisionGrantsPorts,
  declared: DeclaredGrants,
  before?: DeclaredGrants,
): Promise<void> {
  const gone = (before?.apps ?? []).filter((app) => !declared.apps.includes(app));
  await Promise.all([
    ...declared.apps.map((app) => ports.addGrant(declared, app)),
    ...gone.map((app) => ports.removeGrant(declared, app)),
  ]);
}

export async function removeGrants(
  ports: Pick<ProvisionGrantsPorts, 'removeGrant'>,
  declared: DeclaredGrants,
): Promise<void> {
  await Promise.all(declared.apps.map((app) => ports.removeGrant(declared, app)));
}
