import { Buffer } from 'node:buffer';
import type { ProductModel } from './product-model.ts';

/** A product's model with those before it, as the catalogue keeps it. */
export interface KeptModel extends ProductModel {
  /** Messages that were sent from then on are judged by it, milliseconds since 1970; absent: all that none before it is for. */
  readonly from?: number;
  /** The newest first. */
  readonly history?: readonly PastModel[];
}

export type PastModel = Pick<KeptModel, 'enforcement' | 'version' | 'thingModel' | 'from'>;

/**
 * Consumers keep a model for half a minute. One that counts later than that is known to all of them before the first message it is for, so that
 * each message is judged by one version, whoever reads it and whenever. The rest is for clocks that differ.
 */
export const KNOWN_AFTER_MS = 35_000;
/** An item of the catalogue has 400 KB, and the present model is one of them. */
const MAX_HISTORY_BYTES = 200_000;
const MAX_HISTORY = 20;

/**
 * What the catalogue keeps when a stack declares a model: the present one and, if it is another than before, from when on it counts. Declared
 * again, nothing changes.
 *
 * @param stored what the catalogue has; undefined for a new product, whose model counts from the beginning
 * @param now milliseconds since 1970
 */
export function nextModel(stored: KeptModel | undefined, declared: ProductModel, now: number): KeptModel {
  if (stored === undefined) {
    return declared;
  }
  const { from, history } = stored;
  const { enforcement, version, thingModel } = stored;
  if (version === declared.version && enforcement === declared.enforcement) {
    return { ...declared, ...(from !== undefined && { from }), ...(history !== undefined && { history }) };
  }
  const past = { enforcement, version, thingModel, ...(from !== undefined && { from }) };

  return { ...declared, from: now + KNOWN_AFTER_MS, history: kept([past, ...(history ?? [])]) };
}

/** The versions from the newest to the oldest; the first that counts at a message's time judges it, and the last whatever is older. */
export function versionsOf(model: KeptModel): readonly PastModel[] {
  return [model, ...(model.history ?? [])];
}

function kept(history: readonly PastModel[]): readonly PastModel[] {
  let bytes = 0;
  const over = history.slice(0, MAX_HISTORY).findIndex((past) => {
    bytes += Buffer.byteLength(JSON.stringify(past));

    return bytes > MAX_HISTORY_BYTES;
  });

  return history.slice(0, over < 0 ? MAX_HISTORY : over);
}
