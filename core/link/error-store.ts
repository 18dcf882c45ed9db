import type { Buffer } from 'node:buffer';
import { InvalidSetting, Refusal } from '../errors.ts';

/** A message whose way into its topic failed, as the error store's keys tell of it. */
export interface StoredError {
  /** `<product id>/<device>/<object>`: how it is asked for. */
  readonly key: string;
  readonly productId: string;
  /** The product's name; null when the catalogue has no such product any more. */
  readonly product: string | null;
  readonly device: string;
  /** The topic it was for; null when the key does not say. */
  readonly destination: string | null;
  /** When the rule took it: ISO 8601, UTC; null when the key does not say. */
  readonly at: string | null;
  /** Of the object: the payload as base64 and what is written about it. */
  readonly bytes: number;
}

/** The same with everything the rules engine wrote about it. D:iot/latest/developerguide/rule-error-handling */
export interface StoredErrorDetails extends StoredError {
  readonly rule: string | null;
  readonly topic: string | null;
  readonly clientId: string | null;
  readonly traceId: string | null;
  readonly failures: readonly { readonly action: string; readonly resource: string; readonly reason: string }[];
  /** The exact bytes the device sent, in base64; of an object that no rule wrote, its own. */
  readonly payload: string;
  /** Why the object cannot be read as one of a rule; null when it can. */
  readonly problem: string | null;
}

export interface ErrorObjects {
  list(options: {
    readonly prefix: string;
    readonly limit: number;
    readonly next?: string;
    readonly after?: string;
  }): Promise<{
    readonly items: readonly { readonly key: string; readonly bytes: number }[];
    readonly next?: string;
  }>;
  get(key: string): Promise<Buffer | undefined>;
}

/** A product's name and id. */
export interface NamedProduct {
  readonly name: string;
  readonly productId: string;
}

export interface ErrorStorePorts {
  readonly objects: ErrorObjects;
  readonly products: () => Promise<readonly NamedProduct[]>;
}

const KEY = /^([\w-]{1,128})\/([\w-]{1,128})\/([\w.-]{1,256})$/;
const TIMED = /^(\d{1,15})-/;
/** `<time>-<uuid>.<topic>.json` */
const FOR_TOPIC = /^\d{1,15}-[0-9a-f-]{36}\.(.+)\.json$/;
const MAX_TIME = 8.64e15;

/**
 * One page of the error store, by product, device and time.
 *
 * @throws Refusal CAUSEWAY.0404 for a product that is not there, InvalidSetting for a device without its product
 */
export async function listErrors(
  { objects, products }: ErrorStorePorts,
  { product, device }: { readonly product?: string; readonly device?: string },
  page: { readonly limit: number; readonly next?: string },
): Promise<{ readonly items: readonly StoredError[]; readonly next?: string }> {
  if (device !== undefined && product === undefined) {
    throw new InvalidSetting(
      'device',
      device,
      'a device together with its product: the error store is kept by product',
    );
  }
  const known = await products();
  const productId = product === undefined ? undefined : productIdOf(known, product);
  const prefix = productId === undefined ? '' : `${productId}/${device === undefined ? '' : `${device}/`}`;
  const { items, ...more } = await objects.list({ prefix, ...page });

  return { items: items.map((object) => storedError(object, known)), ...more };
}

/** @throws Refusal CAUSEWAY.0404 */
export async function showError({ objects, products }: ErrorStorePorts, key: string): Promise<StoredErrorDetails> {
  const body = KEY.test(key) ? await objects.get(key) : undefined;
  if (body === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `The error store has no ${key}.` });
  }

  return { ...storedError({ key, bytes: body.length }, await products()), ...contentOf(body) };
}

/** What an object's key says, and its content when it is given. Times in milliseconds since 1970. */
export function readError(
  key: string,
  body?: Buffer,
): { readonly destination: string | undefined; readonly at: number | undefined; readonly content?: ErrorContent } {
  const object = key.split('/')[2] ?? '';
  const time = Number(TIMED.exec(object)?.[1] ?? Number.NaN);

  return {
    destination: KEY.test(key) ? FOR_TOPIC.exec(object)?.[1] : undefined,
    at: time <= MAX_TIME ? time : undefined,
    ...(body !== undefined && { content: contentOf(body) }),
  };
}

/** @throws Refusal CAUSEWAY.0404 */
export function productIdOf(products: readonly NamedProduct[], name: string): string {
  const found = products.find((product) => product.name === name || product.productId === name);
  if (found === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no product ${name}.` });
  }

  return found.productId;
}

function storedError(
  { key, bytes }: { readonly key: string; readonly bytes: number },
  products: readonly NamedProduct[],
): StoredError {
  const [productId = '', device = ''] = key.split('/');
  const { destination, at } = readError(key);

  return {
    key,
    productId,
    product: products.find((product) => product.productId === productId)?.name ?? null,
    device,
    destination: destination ?? null,
    at: at === undefined ? null : new Date(at).toISOString(),
    bytes,
  };
}

export type ErrorContent = Omit<StoredErrorDetails, keyof StoredError>;

function contentOf(body: Buffer): ErrorContent {
  const document = parsed(body);
  const payload = document?.['base64OriginalPayload'];
  if (document === undefined || typeof payload !== 'string') {
    const nothing = { rule: null, topic: null, clientId: null, traceId: null, failures: [] };

    return { ...nothing, payload: body.toString('base64'), problem: 'the object is not what a rule writes' };
  }
  const { ruleName, topic, clientId, cloudwatchTraceId, failures } = document;

  return {
    rule: textOf(ruleName),
    topic: textOf(topic),
    clientId: textOf(clientId),
    traceId: textOf(cloudwatchTraceId),
    failures: (Array.isArray(failures) ? failures : []).map((failure: Record<string, unknown> | null) => ({
      action: textOf(failure?.['failedAction']) ?? '',
      resource: textOf(failure?.['failedResource']) ?? '',
      reason: textOf(failure?.['errorMessage']) ?? '',
    })),
    payload,
    problem: null,
  };
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));

    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
