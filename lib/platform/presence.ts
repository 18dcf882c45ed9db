import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { brokerRule } from './broker-rule.ts';
import type { Environment } from './environment.ts';
import { HandlerFunction } from './handler-function.ts';
import type { Tables } from './tables.ts';

/**
 * Every connection of the account that begins or ends, of clients named as ours are (`d` and 20 digits): what others connect costs no
 * invocation. `#` would not match topics that begin with `$`. D:iot/latest/developerguide/life-cycle-events
 */
const SQL =
  "SELECT * FROM '$aws/events/presence/+/+' " +
  "WHERE (eventType = 'connected' OR eventType = 'disconnected') AND startswith(clientId, 'd') AND length(clientId) = 21";

export interface PresenceProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly errorStore: Bucket;
}

/** Whether each device is connected, and since when: from AWS IoT's life-cycle events into the device table. */
export class Presence extends Construct {
  constructor(scope: Construct, id: string, { environment, tables, errorStore }: PresenceProps) {
    super(scope, id);
    const record = new HandlerFunction(this, 'Record', {
      environment,
      entry: 'link/record-presence',
      description: 'Records which devices are connected',
      memory: 256,
    });
    // With a gateway go the devices behind it.
    tables.grantDevices(record, 'watch');
    brokerRule(this, {
      environment,
      sql: SQL,
      description: 'Devices that connect and disconnect',
      handler: record,
      errorStore,
      folder: 'presence-events',
      client: '${topic(5)}',
      fault: 'Which devices are connected is not recorded: what is shown of it is out of date.',
      runbook: 'presence',
    });
  }
}
