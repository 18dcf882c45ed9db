import type { ApiDefinitions } from '../../core/apic/api-definition.ts';
import { preflightHeaders } from '../../core/apic/cors.ts';
import { Refusal } from '../../core/errors.ts';
import { type ApiHandler, openHandler } from '../shared/chain.ts';
import { readDefinitions } from '../shared/definitions.ts';

export const handler = preflightHandler(readDefinitions<ApiDefinitions>());

/** Answers what a browser asks before it lets a page of another origin call: OPTIONS, which has no credentials. */
export function preflightHandler(definitions: ApiDefinitions): ApiHandler {
  return openHandler(async ({ resource, headers: request }) => {
    const headers = preflightHeaders(definitions, resource, request);
    if (headers === undefined) {
      throw new Refusal('APIC.0101');
    }

    return { status: 204, body: '', headers };
  });
}
