import { answerableApis } from '../../core/apic/answerable-apis.ts';
import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import { Refusal } from '../../core/errors.ts';
import { type ApiHandler, apiHandler, type GroupRules } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';

export const handler = mockApiHandler(readDefinitions<ApiDefinitions>());

/** Answers calls of a group's mock APIs with what they declare. */
export function mockApiHandler(definitions: GroupRules): ApiHandler {
  return apiHandler(async ({ api: name }) => {
    const backend = answerableApis(definitions).find((api) => api.name === name)?.backend;
    if (backend?.kind !== 'mock') {
      throw new Refusal('APIC.0103', { detail: { reason: `this function has no mock for ${name}` } });
    }
    const { status, body, headers } = backend;

    return { status, body, headers };
  }, definitions);
}
