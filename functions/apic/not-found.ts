import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import { Refusal } from '../../core/errors.ts';
import { type ApiHandler, openHandler } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';

export const handler = notFoundHandler(readDefinitions<ApiDefinitions>());

/** Answers every path no API has, also where only the method is wrong. */
export function notFoundHandler(definitions: ApiDefinitions): ApiHandler {
  return openHandler(async () => {
    throw new Refusal('APIC.0101');
  }, definitions);
}
