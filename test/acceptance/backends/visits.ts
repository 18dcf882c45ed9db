import type { ApiFunction } from '../../../lib/apic/api-function.ts';

/** Counts its calls in a Redis outside of the platform. */
const visits: ApiFunction = async (_, { source }) => ({ visits: await source('keys').run('INCR visits') });

export default visits;
