import { createHash } from 'node:crypto';
import { checkOneOf } from '../platform/check-setting.ts';
import { type JudgePayload, judgeMessage } from './judge-message.ts';
import { type CheckedThingModel, checkThingModel, type ThingModel } from './thing-model.ts';

/**
 * What becomes of a message that breaks its product's model. `off`: nobody looks. `warn`: it is written, and the log says what it breaks.
 * `enforce`: it goes into the quarantine.
 */
export type Enforcement = (typeof ENFORCEMENTS)[number];

export const ENFORCEMENTS = ['off', 'warn', 'enforce'] as const;

/** A product's model as the catalogue keeps it for consumers: kind `model`, its name the product's id. */
export interface ProductModel {
  /** The product's name. */
  readonly product: string;
  readonly enforcement: Enforcement;
  /** 12 hexadecimal digits, others for every other model. */
  readonly version: string;
  readonly thingModel: ThingModel;
}

/** A model as messages are judged by it. */
export interface ModelJudge {
  /** `off` also where there is nothing to enforce: no model, or none with a service. */
  readonly enforcement: Enforcement;
  /** Undefined when the catalogue does not know the product. */
  readonly version?: string;
  readonly judge: JudgePayload;
}

export function productModel({
  name,
  enforcement,
  thingModel,
}: {
  readonly name: string;
  readonly enforcement: Enforcement;
  readonly thingModel: CheckedThingModel;
}): ProductModel {
  const version = createHash('sha256').update(JSON.stringify(thingModel)).digest('hex').slice(0, 12);

  return { product: name, enforcement, version, thingModel };
}

/**
 * @param model as the catalogue has it; `undefined` when it has none: nothing is known, so nothing is enforced
 * @throws InvalidSetting for what is no model: such a product's messages wait until it is mended
 */
export function modelJudge(productId: string, model: ProductModel | undefined): ModelJudge {
  if (model === undefined) {
    return UNKNOWN;
  }
  const at = `model of the product ${productId}`;
  const { enforcement, version } = model;
  checkOneOf(`${at}: enforcement`, enforcement, ENFORCEMENTS);
  const thingModel = checkThingModel(at, model.thingModel);
  if (enforcement === 'off' || Object.keys(thingModel).length === 0) {
    return { enforcement: 'off', version, judge: UNKNOWN.judge };
  }

  return { enforcement, version, judge: judgeMessage(thingModel) };
}

const UNKNOWN: ModelJudge = { enforcement: 'off', judge: () => [] };
