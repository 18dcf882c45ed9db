import { Construct } from 'constructs';
import type { ApiGroup } from '../../lib/apic/api-group.ts';
import { DataApi } from '../../lib/apic/data-api.ts';
import type { IIntegrationApp } from '../../lib/apic/integration-app.ts';
import type { ITable, Migrations } from '../../lib/fdi/migrations.ts';
import { RealtimeTask } from '../../lib/fdi/realtime-task.ts';
import { Device } from '../../lib/link/device.ts';
import { ForwardingRule } from '../../lib/link/forwarding-rule.ts';
import { Product, property, service } from '../../lib/link/product.ts';
import { Topic } from '../../lib/mqs/topic.ts';
import { CURRENT_FEE, FINISHED_VISITS, SPACES_BY_ZONE } from './gate-sql.ts';

export interface GatesProps {
  /** Owns gates and APIs. */
  readonly app: IIntegrationApp;
  /** May see how many spaces of a zone are free; plates are none of its business. */
  readonly city: IIntegrationApp;
  readonly group: ApiGroup;
  readonly tables: Migrations;
}

/** Vehicles pass the gates; from their passages come visits and fees. */
export class Gates extends Construct {
  constructor(scope: Construct, id: string, props: GatesProps) {
    super(scope, id);
    const passages = props.tables.table('ParkingGateEvent');
    this.#passagesInto(passages, props.app);
    this.#fees(passages, props);
    this.#zones(props);
  }

  #passagesInto(table: ITable, app: IIntegrationApp): void {
    const gate = new Product(this, 'ParkingGate', {
      app,
      manufacturer: { id: 'acme', name: 'Acme Sensors' },
      model: 'PG-1',
      thingModel: {
        GatePassage: {
          plate: property.string({ maxLength: 16 }),
          direction: property.string({ maxLength: 3, enum: ['in', 'out'] }),
          time: property.string({ maxLength: 35, description: 'ISO 8601; UTC without an offset' }),
        },
        Barrier: service({
          commands: {
            open: {
              parameters: { seconds: property.integer({ min: 1, max: 60 }) },
              response: { opened: property.boolean() },
            },
          },
        }),
      },
      enforcement: 'enforce',
    });
    for (const id of ['G-IN', 'G-OUT']) {
      new Device(this, id, { product: gate });
    }
    // A topic of their own: the tasks of the sensors' topic would quarantine every passage.
    const topic = new Topic(this, 'GateEvents', { app, partitions: 1 });
    new ForwardingRule(this, 'GateMessages', { product: gate, topic });
    new RealtimeTask(this, 'ParkingGateEvents', {
      app,
      source: {
        topic,
        timeZone: 'UTC',
        fields: {
          Plate: 'data.plate',
          Direction: 'data.direction',
          PassedAt: { path: 'data.time', type: 'datetime' },
          Gate: 'deviceId',
          TraceId: 'traceId',
        },
      },
      target: {
        table,
        write: 'upsert',
        keys: ['Plate', 'PassedAt', 'Direction'],
        eventTimeColumn: 'ReceivedAt',
        batchNumberColumn: 'BatchNo',
        writtenAtColumn: 'WrittenAt',
      },
      started: true,
    });
  }

  #fees(passages: ITable, { app, group, tables }: GatesProps): void {
    const api = { app, group, reads: [passages, tables.table('ParkingTariff')] };
    // Not in the path: plates hold spaces, and the reference system's SDK for JavaScript encodes those twice before it signs a path.
    const plate = { in: 'query', required: true, maxLength: 16 } as const;
    new DataApi(this, 'CurrentFee', { ...api, path: '/parking/fee', parameters: { plate }, sql: CURRENT_FEE });
    new DataApi(this, 'Visits', {
      ...api,
      path: '/parking/visits',
      parameters: { plate, limit: { in: 'query', type: 'integer', minimum: 1, maximum: 1000, default: '100' } },
      sql: FINISHED_VISITS,
    });
  }

  #zones({ app, city, group, tables }: GatesProps): void {
    new DataApi(this, 'SpacesByZone', {
      app,
      group,
      path: '/parking/zones',
      appCode: true,
      parameters: { zone: { in: 'query', maxLength: 32 } },
      sql: SPACES_BY_ZONE,
      reads: [tables.table('ParkingSpaceZone'), tables.table('ParkingData')],
    }).grantTo(city);
  }
}
