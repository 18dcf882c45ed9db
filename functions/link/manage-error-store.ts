import { exactOptional, strictObject, string } from 'zod/mini';
import { type ErrorStorePorts, listErrors, showError } from '../../core/link/error-store.ts';
import { environment } from '../shared/environment.ts';
import { type ManagementHandler, managementHandler, ok, pageOf, pageQuery, route } from '../shared/management-chain.ts';
import { objectStore } from '../shared/object-store.ts';
import { catalogTable } from '../shared/tables.ts';

/** What S3 lists at once. */
const MAX_PAGE = 1000;

/** Management API: the messages that no topic took. */
export const handler = manageErrorStore(() => ({
  objects: objectStore(environment('ERROR_STORE')),
  products: async () =>
    (await catalogTable().queryAll({ kind: 'product' })).map(({ name, document }) => ({
      name,
      productId: String(document['productId']),
    })),
}));

export function manageErrorStore(portsOf: () => ErrorStorePorts): ManagementHandler {
  return managementHandler([
    route({
      method: 'GET',
      path: '/error-store',
      query: strictObject({ ...pageQuery, product: exactOptional(string()), device: exactOptional(string()) }),
      async handler({ query: { product, device, ...page } }) {
        const filter = { ...(product !== undefined && { product }), ...(device !== undefined && { device }) };

        return ok(await listErrors(portsOf(), filter, pageOf(page, MAX_PAGE)));
      },
    }),
    route({
      method: 'GET',
      path: '/error-store/{product}/{device}/{object}',
      handler: async ({ path }) =>
        ok(await showError(portsOf(), [path['product'], path['device'], path['object']].join('/'))),
    }),
  ]);
}
