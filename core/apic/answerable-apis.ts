import type { ApiDefinition, ApiDefinitions } from './api-definition.ts';

/** What a function of a group may be asked to answer: what is published, and what is only tried out. */
export function answerableApis({
  apis,
  unpublished = [],
}: Pick<ApiDefinitions, 'apis' | 'unpublished'>): readonly ApiDefinition[] {
  return [...apis, ...unpublished];
}
