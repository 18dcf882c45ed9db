import type { ApiDefinitions } from '../../../core/apic/api-definition.ts';
import { bodyReadings } from '../../../core/apic/body-readings.ts';
import { Refusal } from '../../../core/errors.ts';
import { askExplanation } from '../ask-explanation.ts';
import { bodyOf, signableRequest } from '../gateway-event.ts';
import { logger } from '../logger.ts';
import type { CallMiddleware } from './call-state.ts';

/** Has the refusal of who could not show who calls explained, where the API wants that. Comes after `refusalBodies`, so that it is asked before. */
export function explainedRefusals({ apis }: Pick<ApiDefinitions, 'apis'>): CallMiddleware {
  return {
    onError: async ({ error, event, internal }) => {
      const { api, requestId } = internal;
      const explains = apis.some(({ name, explain }) => name === api && explain === true);
      if (!explains || !(error instanceof Refusal) || error.code !== 'APIC.0303') {
        return;
      }
      try {
        const body = bodyReadings(bodyOf(event));
        internal.explanation = await askExplanation({ api, request: signableRequest(event), body });
      } catch (fault) {
        // The refusal stands without it.
        logger.error('refusal not explained', { requestId, api, error: fault });
      }
    },
  };
}
