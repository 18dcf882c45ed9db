import type { App } from 'aws-cdk-lib';
import { EnterpriseStack } from '../../../integrations/enterprise/enterprise-stack.ts';
import { ParkingStack } from '../../../integrations/parking/parking-stack.ts';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { MessageQueryApi, ProduceApi } from '../../../lib/apic/topic-api.ts';
import { Device } from '../../../lib/link/device.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';
import { barriers } from '../commands/index.ts';
import { scheduledTasks } from './scheduled-tasks.ts';

/** The examples, and what they have none of; what has to do with other systems has a lot of its own, `outside`. */
export default function lot(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform', { gateways: true, deviceEvents: true });
  platform.addStackDependency(account);
  new ParkingStack(app, 'CausewayParking', { platform });
  new EnterpriseStack(app, 'CausewayEnterprise', { platform });
  barriers(app, platform);
  const notes = new Integration(app, 'CausewayNotes', { platform });
  const group = new ApiGroup(notes, 'Notes');
  const owner = new IntegrationApp(notes, 'NotesOwner');
  new DataApi(notes, 'Note', {
    group,
    app: owner,
    auth: 'app',
    method: 'POST',
    path: '/note',
    sql: 'SELECT ${text} AS Text',
    reads: [],
    parameters: { text: { in: 'body', required: true } },
  });
  scheduledTasks(notes, owner);
  const topic = new Topic(notes, 'Visits', { app: owner, partitions: 1, filterFields: ['plate'] });
  topic.grantTo(new IntegrationApp(notes, 'NotesReader'));
  new ProduceApi(notes, 'ProduceVisits', { group, topic });
  new MessageQueryApi(notes, 'QueryVisits', { group, topic });
  const product = new Product(notes, 'Visit', { app: owner, manufacturer: { id: 'acme', name: 'Acme' }, model: 'V1' });
  new Device(notes, 'V-1', { product });
  new ForwardingRule(notes, 'VisitMessages', { product, topic });
}
