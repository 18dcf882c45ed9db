import type { App } from 'aws-cdk-lib';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
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

export interface Deployment {
  /** What the sensors' model takes. */
  readonly statuses: readonly string[];
  /** Whether the gates' rule may write into their topic. */
  readonly gatesForwarded: boolean;
}

/** Sensors whose model is enforced, gates whose rule works or does not, meters whose rule lets through what is high. */
export function replayLot(app: App, { statuses, gatesForwarded }: Deployment): PlatformStack {
  const account = new AccountStack(app, 'CausewayAccount');
  const platform = new PlatformStack(app, 'CausewayPlatform');
  platform.addStackDependency(account);
  const stack = new Integration(app, 'CausewayReplay', { platform });
  const owner = { app: new IntegrationApp(stack, 'ReplayOwner') };
  const tables = new Migrations(stack, 'Tables', { folder: `${import.meta.dirname}/sql` });

  const sensor = new Product(stack, 'ReplaySensor', {
    ...owner,
    productId: 'ReplaySensor1',
    thingModel: { Space: { status: property.string({ maxLength: 16, required: true, enum: [...statuses] }) } },
    enforcement: 'enforce',
  });
  new Device(stack, 'S-1', { product: sensor });
  const readings = new Topic(stack, 'Readings', { ...owner, partitions: 1 });
  new ForwardingRule(stack, 'SensorMessages', { product: sensor, topic: readings });
  const fields = { Device: 'deviceId', Status: 'data.status', TraceId: 'traceId' };
  const task = { ...owner, started: true };
  new RealtimeTask(stack, 'ReadingHistory', {
    ...{ ...task, source: { topic: readings, fields } },
    target: { table: tables.table('Reading'), write: 'insert', eventTimeColumn: 'EventTime' },
  });
  new RealtimeTask(stack, 'SpaceState', {
    ...{ ...task, source: { topic: readings, fields: { Device: 'data.space', Status: 'data.status' } } },
    target: { table: tables.table('Space'), write: 'upsert', keys: ['Device'], eventTimeColumn: 'EventTime' },
  });

  const gate = new Product(stack, 'ReplayGate', { ...owner, productId: 'ReplayGate1' });
  new Device(stack, 'G-1', { product: gate });
  const passages = new Topic(stack, 'Passages', { ...owner, partitions: 1 });
  const rule = new ForwardingRule(stack, 'GateMessages', { product: gate, topic: passages });
  if (!gatesForwarded) {
    (rule.node.findChild('Forward') as Role).addToPolicy(
      new PolicyStatement({ effect: Effect.DENY, actions: ['kinesis:PutRecord'], resources: ['*'] }),
    );
  }
  new RealtimeTask(stack, 'PassageHistory', {
    ...task,
    source: {
      topic: passages,
      fields: { Plate: 'data.plate', Device: 'deviceId', ClientId: 'clientId', TraceId: 'traceId' },
    },
    target: { table: tables.table('Passage'), write: 'insert', eventTimeColumn: 'EventTime' },
  });

  const meter = new Product(stack, 'ReplayMeter', { ...owner, productId: 'ReplayMeter1' });
  new Device(stack, 'M-1', { product: meter });
  new ForwardingRule(stack, 'HighLevels', {
    ...{ product: meter, topic: new Topic(stack, 'Levels', { ...owner, partitions: 1 }) },
    ...{ where: "level >= 10 OR kind = 'alarm'", basicIngest: true },
  });

  return platform;
}
