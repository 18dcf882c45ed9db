/** The catalogue's entry that tells platforms apart, made once. */
export interface InstanceEntry {
  readonly kind: 'platform';
  readonly name: 'instance';
  readonly document: { readonly id: string };
}

const INSTANCE_KEY = { kind: 'platform', name: 'instance' } as const;

export interface InstancePorts {
  readonly find: (key: typeof INSTANCE_KEY) => Promise<InstanceEntry | undefined>;
  /** Stores it unless there is one. */
  readonly add: (entry: InstanceEntry) => Promise<boolean>;
  /** A new UUID. */
  readonly newId: () => string;
}

/** The platform's id, a UUID: made by whoever asks first, the same ever after. */
export async function instanceId({ find, add, newId }: InstancePorts): Promise<string> {
  const known = await find(INSTANCE_KEY);
  if (known !== undefined) {
    return known.document.id;
  }
  const id = newId();
  if (await add({ ...INSTANCE_KEY, document: { id } })) {
    return id;
  }

  return (await find(INSTANCE_KEY))?.document.id ?? id;
}
