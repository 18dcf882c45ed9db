import { Construct } from 'constructs';
import { ApiGroup } from '../../lib/apic/api-group.ts';
import { DataApi } from '../../lib/apic/data-api.ts';
import type { IIntegrationApp } from '../../lib/apic/integration-app.ts';
import { MockApi } from '../../lib/apic/mock-api.ts';
import type { ITable } from '../../lib/fdi/migrations.ts';

export interface PartnerApisProps {
  readonly app: IIntegrationApp;
  readonly customers: ITable;
}

/** APIs for other companies, whose systems show who calls in different ways. */
export class PartnerApis extends Construct {
  constructor(scope: Construct, id: string, { app, customers }: PartnerApisProps) {
    super(scope, id);
    const api = { app, group: new ApiGroup(this, 'Partners') };

    // Partners that cannot sign show what they can.
    new DataApi(this, 'Credit', {
      ...api,
      path: '/credit/{name}',
      schemes: ['signature', 'appCode', 'secret', 'basic', 'jwt', 'apikey'],
      parameters: { city: { in: 'query' }, note: { in: 'query' } },
      sql: `SELECT \${name} AS Asked, \${note} AS Note, (SELECT MAX(Credit) FROM Customer
            WHERE Name = \${name} [AND City = \${city}]) AS Credit`,
      reads: [customers],
    });
    new DataApi(this, 'Inquiry', {
      ...api,
      method: 'POST',
      path: '/inquiries',
      parameters: { item: { in: 'body', required: true } },
      sql: 'SELECT ${item} AS Item',
      reads: [],
    });
    // A call that is heard on its way cannot be made again, nor be made with another body.
    new DataApi(this, 'Order', {
      ...api,
      method: 'POST',
      path: '/orders',
      unsignedPayload: false,
      replayDefence: true,
      parameters: { item: { in: 'body', required: true } },
      sql: 'SELECT ${item} AS Item',
      reads: [],
    });
    new DataApi(this, 'Orders', {
      ...api,
      path: '/orders',
      replayDefence: true,
      sql: 'SELECT 1 AS Open',
      reads: [],
    });
    // To try out how one's own program signs.
    new MockApi(this, 'TrySigning', {
      ...api,
      method: 'ANY',
      path: '/try/{text}',
      explain: true,
      body: '{"signed":true}',
    });
  }
}
