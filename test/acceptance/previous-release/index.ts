import type { App } from 'aws-cdk-lib';
import { ApiGroup } from '../../../lib/apic/api-group.ts';
import { DataApi } from '../../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../../lib/apic/integration-app.ts';
import { Migrations } from '../../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../../lib/fdi/realtime-task.ts';
import { Device } from '../../../lib/link/device.ts';
import { ForwardingRule } from '../../../lib/link/forwarding-rule.ts';
import { Product, property } from '../../../lib/link/product.ts';
import { Topic } from '../../../lib/mqs/topic.ts';
import { AccountStack } from '../../../lib/platform/account-stack.ts';
import { Integration } from '../../../lib/platform/integration.ts';
import { PlatformStack } from '../../../lib/platform/platform-stack.ts';

/** The parking lot as it was before gates, zones and fees: what a running platform is upgraded from. */
export default function previousParking(app: App): void {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const lot = new Integration(app, 'CausewayParking', { platform });

  const owner = { app: new IntegrationApp(lot, 'ParkingOwner') };
  const sensor = new Product(lot, 'ParkingSensor', {
    ...owner,
    manufacturer: { id: 'acme', name: 'Acme Sensors' },
    model: 'PS-1',
    thingModel: {
      ParkingStatus: { deviceId: property.string({ maxLength: 64 }), status: property.string({ maxLength: 16 }) },
    },
  });
  for (const device of ['S-001', 'S-002', 'S-099']) {
    new Device(lot, device, { product: sensor });
  }
  const topic = new Topic(lot, 'ParkingEvents', owner);
  new ForwardingRule(lot, 'SensorMessages', { product: sensor, topic });

  const tables = new Migrations(lot, 'Tables', { folder: `${import.meta.dirname}/sql` });
  const spaces = tables.table('ParkingData');
  const task = {
    ...owner,
    source: { topic, fields: { DeviceId: 'data.deviceId', Status: 'data.status', TraceId: 'traceId' } },
    started: true,
    batchSize: 50,
  };
  const stamps = { eventTimeColumn: 'EventTime', batchNumberColumn: 'BatchNo' };
  new RealtimeTask(lot, 'ParkingData', {
    ...task,
    target: { table: spaces, write: 'upsert', keys: ['DeviceId'], ...stamps },
  });
  new RealtimeTask(lot, 'ParkingHistory', {
    ...task,
    target: { table: tables.table('ParkingHistory'), write: 'insert', ...stamps },
  });
  new DataApi(lot, 'FreeSpaces', {
    ...owner,
    group: new ApiGroup(lot, 'Parking'),
    path: '/parking/free',
    appCode: true,
    sql: 'SELECT COUNT(Status) AS FreeNo FROM ParkingData WHERE Status="0"',
    reads: [spaces],
  });
}
