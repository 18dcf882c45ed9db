import type { ApiFunction } from '../../../../lib/apic/api-function.ts';

/** Asks somebody else's database, and the platform's. */
const shop: ApiFunction = async (_, { source, database }) => ({
  theirs: await source('shop').run('SELECT 1 AS One'),
  ours: await database.query`SELECT 1 AS One`,
});

export default shop;
