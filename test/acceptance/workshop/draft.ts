import type { ApiFunction } from '../../../lib/apic/api-function.ts';

/** Not published yet. */
const draft: ApiFunction = ({ query, headers, body }, { app, authorizer }) => ({
  status: 202,
  headers: { 'X-Draft': 'yes' },
  body: { query, header: headers['x-try'], body, app, authorizer },
});

export default draft;
