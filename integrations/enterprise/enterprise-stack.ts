import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ApiGroup } from '../../lib/apic/api-group.ts';
import { CustomAuthorizer } from '../../lib/apic/custom-authorizer.ts';
import { DataApi } from '../../lib/apic/data-api.ts';
import { FunctionApi } from '../../lib/apic/function-api.ts';
import { IntegrationApp } from '../../lib/apic/integration-app.ts';
import { MockApi } from '../../lib/apic/mock-api.ts';
import { Scripts } from '../../lib/apic/scripts.ts';
import { Migrations } from '../../lib/fdi/migrations.ts';
import { acknowledge } from '../../lib/platform/acknowledge.ts';
import { Integration, type IntegrationProps } from '../../lib/platform/integration.ts';
import { parameters as charge } from './functions/charge.ts';
import { parameters as customer } from './functions/customer.ts';
import { PartnerApis } from './partner-apis.ts';

/** Data of the company as APIs: statements, scripts of the system it moved from, and a front door that decides by itself who may come in. */
export class EnterpriseStack extends Integration {
  constructor(scope: Construct, id: string, props: IntegrationProps) {
    super(scope, id, { description: 'Enterprise: company data opened as APIs', ...props });
    const app = new IntegrationApp(this, 'EnterpriseOwner');
    const tables = new Migrations(this, 'Tables', { folder: `${import.meta.dirname}/sql` });
    const customers = tables.table('Customer');
    const api = { app, group: new ApiGroup(this, 'Enterprise') };

    new DataApi(this, 'Customers', {
      ...api,
      path: '/customers',
      appCode: true,
      parameters: {
        city: { in: 'query' },
        name: { in: 'query', description: 'a part of the name' },
        limit: { in: 'query', type: 'integer', default: '100', minimum: 1, maximum: 2000 },
      },
      sql: `SELECT Id, Name, City, Credit FROM Customer
            WHERE 1 = 1 [AND City = \${city}] [AND Name LIKE '%\${name}%'] ORDER BY Id LIMIT \${limit}`,
      reads: [customers],
    });
    new DataApi(this, 'AddCustomer', {
      ...api,
      method: 'POST',
      path: '/customers',
      parameters: {
        name: { in: 'body', required: true, maxLength: 100 },
        city: { in: 'body', required: true, maxLength: 100 },
      },
      sql: 'INSERT INTO Customer (Name, City) VALUES (${name}, ${city})',
      reads: [],
      writes: [customers],
    });

    // Functions in TypeScript; what they take is declared beside what they do.
    const functions = `${import.meta.dirname}/functions`;
    new FunctionApi(this, 'Customer', {
      ...api,
      path: '/customers/{id}',
      appCode: true,
      parameters: customer,
      code: `${functions}/customer.ts`,
      reads: [customers],
    });
    new FunctionApi(this, 'Charge', {
      ...api,
      method: 'POST',
      path: '/customers/{id}/charges',
      appCode: true,
      parameters: charge,
      code: `${functions}/charge.ts`,
      reads: [customers],
      writes: [customers],
    });

    // Every script dropped into the folder becomes POST /scripts/<name>.
    const folder = `${import.meta.dirname}/scripts`;
    const token = new Secret(this, 'FrontDoorToken', {
      description: 'What callers of the guarded API send as x-auth',
      generateSecretString: { passwordLength: 32, excludePunctuation: true },
    });
    acknowledge(token, {
      'AwsSolutions-SMG4': 'Its callers know it: it changes when they agree to, not on a schedule.',
    });
    this.showSecret('FrontDoorToken', token);
    const variables = { front_door_token: { secret: token } };
    new Scripts(this, 'Scripts', { ...api, folder, appCode: true, variables });

    const guard = new CustomAuthorizer(this, 'FrontDoor', {
      group: api.group,
      script: `${folder}/authorizer.js`,
      variables,
    });
    new MockApi(this, 'Test', { ...api, path: '/test', auth: guard, body: 'ROMA TEST!' });

    new PartnerApis(this, 'PartnerApis', { app, customers });
  }
}
