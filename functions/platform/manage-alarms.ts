import { object } from 'zod/mini';
import { describeAlarms } from '../shared/alarms.ts';
import { managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';

/** CloudWatch answers no more at once. */
const MAX_ALARMS = 100;

/** Management API: the alarms of the environment and their states. */
export const handler = managementHandler([
  route({
    method: 'GET',
    path: '/alarms',
    query: object(pageQuery),
    async handler({ query }) {
      const page = pageOf(query);

      return ok(await describeAlarms({ ...page, limit: Math.min(page.limit, MAX_ALARMS) }));
    },
  }),
]);
