import { createHash } from 'node:crypto';
import { checkLength, checkOneOf, checkPattern } from '../platform/check-setting.ts';
import { ENFORCEMENTS, type Enforcement } from './product-model.ts';
import { type CheckedThingModel, checkThingModel, type ThingModel } from './thing-model.ts';

/** What a product is, beside the app that owns it. */
export interface ProductDescription {
  /** 1 to 64 letters, digits, `_` or `-`; unique in the platform. */
  readonly name: string;
  /** Whether its devices stand for themselves or for others behind them; `normal` by default. */
  readonly type?: 'normal' | 'gateway';
  /** `mqtt`, the only one. */
  readonly protocol?: 'mqtt';
  /** Empty by default. */
  readonly manufacturer?: { readonly id: string; readonly name: string };
  /** The maker's name for this kind of device; empty by default. */
  readonly model?: string;
  /** `Default Type` by default. */
  readonly deviceType?: string;
  /** Empty by default. */
  readonly modelVersion?: string;
  /** At most 1,000 characters; empty by default. */
  readonly description?: string;
  /** What its devices report and obey; nothing is known of it by default. */
  readonly thingModel?: ThingModel;
  /**
   * What becomes of messages that break the thing model; `warn` by default: they are written, and the log says what they break, so that
   * a model that lags behind its devices loses nothing.
   */
  readonly enforcement?: Enforcement;
}

export interface CheckedProduct extends Required<Omit<ProductDescription, 'thingModel'>> {
  readonly thingModel: CheckedThingModel;
}

const PRODUCT_ID = /^[A-Za-z0-9]{4,32}$/;
const PRODUCT_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const GENERATED_DIGITS = 11;

/**
 * Checks a product and fills in the defaults.
 *
 * @param at where the product is declared, for the message: a construct's path
 * @throws InvalidSetting
 */
export function checkProduct(at: string, product: ProductDescription): CheckedProduct {
  const checked = { ...DEFAULTS, ...defined(product) };
  checkPattern(`${at}: name`, checked.name, PRODUCT_NAME, '1 to 64 letters, digits, "_" and "-"');
  checkOneOf(`${at}: type`, checked.type, ['normal', 'gateway']);
  checkOneOf(`${at}: protocol`, checked.protocol, ['mqtt']);
  checkLength(`${at}: manufacturer id`, checked.manufacturer.id, 0, 64);
  checkLength(`${at}: manufacturer name`, checked.manufacturer.name, 0, 64);
  checkLength(`${at}: model`, checked.model, 0, 64);
  checkLength(`${at}: deviceType`, checked.deviceType, 1, 64);
  checkLength(`${at}: modelVersion`, checked.modelVersion, 0, 64);
  checkLength(`${at}: description`, checked.description, 0, 1000);
  checkOneOf(`${at}: enforcement`, checked.enforcement, ENFORCEMENTS);

  return Object.freeze({ ...checked, thingModel: checkThingModel(at, checked.thingModel) });
}

/**
 * A product id for topics: `p` and 11 hexadecimal digits. The same for the same seed, so a stack keeps it from one deploy to the next;
 * the seed names environment, stack and product, so that it is unique in the account.
 */
export function productIdOf(seed: string): string {
  return `p${createHash('sha256').update(seed).digest('hex').slice(0, GENERATED_DIGITS)}`;
}

/** @throws InvalidSetting when an id that was chosen by hand cannot stand in a topic or be a thing type's name */
export function checkProductId(at: string, productId: string): void {
  checkPattern(`${at}: productId`, productId, PRODUCT_ID, '4 to 32 letters and digits');
}

const DEFAULTS = {
  type: 'normal',
  protocol: 'mqtt',
  manufacturer: { id: '', name: '' },
  model: '',
  deviceType: 'Default Type',
  modelVersion: '',
  description: '',
  thingModel: {},
  enforcement: 'warn',
} as const;

/** Props passed on as `undefined` mean the default. */
function defined<T extends object>(props: T): T {
  return Object.fromEntries(Object.entries(props).filter(([, value]) => value !== undefined)) as T;
}
