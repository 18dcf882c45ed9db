import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import { explainRefusal } from '../../core/apic/explain-refusal.ts';
import { Refusal } from '../../core/errors.ts';
import { findApp, findKeyOfCode } from '../shared/app-items.ts';
import { knowsAppSecret } from '../shared/app-secret.ts';
import type { ExplainAnswer, ExplainQuestion } from '../shared/ask-explanation.ts';
import { readDefinitions } from '../shared/definitions.ts';

const { apis } = readDefinitions<ApiDefinitions>();

/** Says why a call of an API that explains was refused; about any other API it says nothing. */
export async function handler({ api: name, ...call }: ExplainQuestion): Promise<ExplainAnswer> {
  const api = apis.find((one) => one.name === name);
  if (api?.explain !== true) {
    throw new Refusal('APIC.0601', { detail: { reason: `the API ${name} does not explain` } });
  }
  const authorities = { app: findApp, keyOfCode: findKeyOfCode, knowsSecret: knowsAppSecret };

  return { explanation: await explainRefusal(call, api, authorities, new Date()) };
}
