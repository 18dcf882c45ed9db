/** `<state>/iot/registry.json`: what was made at run time, and the ids of thing types. */
export interface RegistryState {
  readonly things: Record<string, Thing>;
  readonly thingTypes: Record<string, StoredThingType>;
  /** By id. */
  readonly certificates: Record<string, StoredCertificate>;
}

export interface StoredCertificate {
  readonly pem: string;
  readonly status: 'ACTIVE' | 'INACTIVE' | 'REVOKED';
  /** Seconds since the epoch. */
  readonly createdAt: number;
}

export interface Thing {
  readonly thingId: string;
  readonly thingTypeName?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly billingGroupName?: string;
  /** Rises with every update; 1 at first. */
  readonly version: number;
}

export interface StoredThingType {
  readonly thingTypeId: string;
  readonly description?: string;
  readonly searchableAttributes: readonly string[];
  /** Seconds since the epoch, as the API gives them. */
  readonly createdAt: number;
  readonly deprecatedAt?: number;
}

/** Tables without a prototype: `__proto__` is a thing name AWS allows. */
export function emptyState(): RegistryState {
  return { things: Object.create(null), thingTypes: Object.create(null), certificates: Object.create(null) };
}
