import { catalogTable } from './tables.ts';

const KEPT_MS = 60_000;

/** Whether the devices of a product, by its name, may publish by Basic Ingest; the catalogue is asked once a minute. */
export function basicIngestOf(): (product: string) => Promise<boolean> {
  const known = new Map<string, { readonly on: boolean; readonly readAt: number }>();

  return async (product) => {
    const kept = known.get(product);
    if (kept !== undefined && performance.now() - kept.readAt < KEPT_MS) {
      return kept.on;
    }
    const entry = await catalogTable().get({ kind: 'product', name: product });
    const on = entry?.document['basicIngest'] === true;
    known.set(product, { on, readAt: performance.now() });

    return on;
  };
}
