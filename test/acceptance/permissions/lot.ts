import type { App } from 'aws-cdk-lib';
import { EnterpriseStack } from '../../../integrations/enterprise/enterprise-stack.ts';
import { ParkingStack } from '../../../integrations/parking/parking-stack.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';
import { barriers } from '../commands/index.ts';

/** The examples, and an API that takes a signed body, which they have none of: so every kind of function has work. */
export default function lot(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform', { gateways: true });
  platform.addStackDependency(account);
  new ParkingStack(app, 'CausewayParking', { platform });
  new EnterpriseStack(app, 'CausewayEnterprise', { platform });
  barriers(app, platform);
  const notes = new Integration(app, 'CausewayNotes', { platform });
  new DataApi(notes, 'Note', {
    group: new ApiGroup(notes, 'Notes'),
    app: new IntegrationApp(notes, 'NotesOwner'),
    auth: 'app',
    method: 'POST',
    path: '/note',
    sql: 'SELECT ${text} AS Text',
    reads: [],
    parameters: { text: { in: 'body', required: true } },
  });
}
