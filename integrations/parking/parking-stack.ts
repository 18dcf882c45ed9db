import type { Construct } from 'constructs';
import { ApiGroup } from '../../lib/apic/api-group.ts';
import { DataApi } from '../../lib/apic/data-api.ts';
import { IntegrationApp } from '../../lib/apic/integration-app.ts';
import { Migrations } from '../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../lib/fdi/realtime-task.ts';
import { Device } from '../../lib/link/device.ts';
import { ForwardingRule } from '../../lib/link/forwarding-rule.ts';
import { Product, property } from '../../lib/link/product.ts';
import { Topic } from '../../lib/mqs/topic.ts';
import { Integration, type IntegrationProps } from '../../lib/platform/integration.ts';
import { Gates } from './gates.ts';

export interface ParkingProps extends IntegrationProps {
  /**
   * Whether messages of sensors are pushed to their tables, which then show them well within a second.
   * @default false
   */
  readonly enhancedFanOut?: boolean;
}

/** Sensors report whether a space is free, gates who comes and goes; signed calls answer how many spaces are free and what a stay costs. */
export class ParkingStack extends Integration {
  constructor(scope: Construct, id: string, { enhancedFanOut = false, ...props }: ParkingProps) {
    super(scope, id, { description: 'Parking: from sensors to the number of free spaces', ...props });
    const app = new IntegrationApp(this, 'ParkingOwner');
    const city = new IntegrationApp(this, 'CityDashboard');

    const sensor = new Product(this, 'ParkingSensor', {
      app,
      manufacturer: { id: 'acme', name: 'Acme Sensors' },
      model: 'PS-1',
      thingModel: {
        ParkingStatus: {
          deviceId: property.string({ maxLength: 64 }),
          status: property.string({ maxLength: 16, enum: ['0', '1'] }),
        },
      },
      enforcement: 'enforce',
    });
    for (let space = 1; space <= 10; space += 1) {
      const zone = space <= 5 ? 'north' : 'south';
      new Device(this, `S-${String(space).padStart(3, '0')}`, { product: sensor, tags: [zone] });
    }

    const topic = new Topic(this, 'ParkingEvents', { app });
    new ForwardingRule(this, 'SensorMessages', { product: sensor, topic });

    const tables = new Migrations(this, 'Tables', { folder: `${import.meta.dirname}/sql` });
    const spaces = tables.table('ParkingData');
    const history = tables.table('ParkingHistory');
    const fields = { DeviceId: 'data.deviceId', Status: 'data.status', TraceId: 'traceId' };
    const task = { app, source: { topic, fields }, started: true, enhancedFanOut };
    const stamps = { eventTimeColumn: 'EventTime', batchNumberColumn: 'BatchNo' };
    new RealtimeTask(this, 'ParkingData', {
      ...task,
      target: { table: spaces, write: 'upsert', keys: ['DeviceId'], ...stamps },
    });
    new RealtimeTask(this, 'ParkingHistory', {
      ...task,
      target: { table: history, write: 'insert', writtenAtColumn: 'WrittenAt', ...stamps },
    });

    const api = { app, group: new ApiGroup(this, 'Parking') };
    new DataApi(this, 'FreeSpaces', {
      ...api,
      path: '/parking/free',
      appCode: true,
      sql: 'SELECT COUNT(Status) AS FreeNo FROM ParkingData WHERE Status="0"',
      reads: [spaces],
    });
    new DataApi(this, 'History', {
      ...api,
      path: '/parking/history',
      appCode: true,
      parameters: {
        deviceId: { in: 'query', required: true, maxLength: 64 },
        status: { in: 'query', maxLength: 16 },
        limit: { in: 'query', type: 'integer', minimum: 1, maximum: 1000, default: '100' },
      },
      sql: `SELECT DeviceId, Status, EventTime FROM ParkingHistory
            WHERE DeviceId = \${deviceId} [AND Status = \${status}] ORDER BY EventTime DESC, Id DESC LIMIT \${limit}`,
      reads: [history],
    });
    new DataApi(this, 'Space', {
      ...api,
      path: '/parking/spaces/{deviceId}',
      parameters: { deviceId: { in: 'path', maxLength: 64 } },
      sql: 'SELECT DeviceId, Status, EventTime FROM ParkingData WHERE DeviceId = ${deviceId}',
      reads: [spaces],
    }).grantTo(city);
    new DataApi(this, 'Total', {
      ...api,
      path: '/parking/total',
      auth: 'none',
      sql: 'SELECT COUNT(*) AS TotalNo FROM ParkingData',
      reads: [spaces],
    });
    // Last: outputs keep the order of declaration, and the sensors come first in them.
    new Gates(this, 'Gates', { ...api, city, tables });
  }
}
