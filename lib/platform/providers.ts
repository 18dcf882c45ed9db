import { Duration, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import type { Environment } from './environment.ts';
import { HandlerFunction } from './handler-function.ts';
import { grantMappings } from './management-grants.ts';
import type { Tables } from './tables.ts';

export interface ProvidersProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly database: Database | undefined;
}

/** The functions behind the custom resources of integrations: one each for the whole platform, so that a deployment starts few of them. */
export class Providers extends Construct {
  readonly app: HandlerFunction;
  readonly grants: HandlerFunction;
  readonly topicGrants: HandlerFunction;
  readonly devices: HandlerFunction;
  readonly catalog: HandlerFunction;
  readonly task: HandlerFunction | undefined;

  constructor(scope: Construct, id: string, props: ProvidersProps) {
    super(scope, id);
    const { environment, tables, database } = props;
    const provider = (entry: string, description: string) =>
      new HandlerFunction(this, entry.split('/')[1] ?? entry, {
        environment,
        entry,
        description,
        timeout: Duration.minutes(5),
      });

    this.app = provider('apic/provision-app', 'Creates apps: key, secret, AppCode');
    tables.grantApps(this.app, 'write');

    this.grants = provider('apic/provision-grants', 'Grants apps the right to call APIs');
    tables.grantApps(this.grants, 'write');

    this.topicGrants = provider('mqs/provision-topic-grants', 'Grants apps the right to use topics');
    tables.grantApps(this.topicGrants, 'change');

    this.devices = provider('link/provision-devices', 'Registers the fixed devices of a product');
    tables.grantDevices(this.devices, 'change');
    grantThings(this.devices);
    grantCutOff(this.devices);

    this.catalog = provider('platform/provision-catalog', 'Lists what a stack declares for the management API');
    tables.grantCatalog(this.catalog, 'write');

    if (database !== undefined) {
      this.task = provider('fdi/provision-task', 'Checks a task against its table and connects it to its topic');
      tables.grantCatalog(this.task, 'write');
      database.grant(this.task, 'causeway_fdi');
      grantMappings(this.task);
    }
  }
}

/** For a function that registers devices and removes none. */
export function grantNewThings(handler: HandlerFunction): void {
  handler.allow(['iot:CreateThing'], [ourThings(handler)], {
    because: 'Devices come at run time; their things are named by our client ids and no other thing is.',
  });
}

/** Things are named by our generated client ids (`d` and 20 hexadecimal digits), so no other thing of the account can be touched. */
export function grantThings(handler: HandlerFunction): void {
  handler.allow(['iot:CreateThing', 'iot:DeleteThing'], [ourThings(handler)], {
    because: 'Devices come and go at run time; their things are named by our client ids and no other thing is.',
  });
}

/** A device that is disabled or removed loses its connection at once, not when its log-in is judged again. */
export function grantCutOff(handler: HandlerFunction): void {
  const clients = Stack.of(handler).formatArn({ service: 'iot', resource: 'client', resourceName: 'd*' });
  handler.allow(['iot:DeleteConnection'], [clients], {
    because: 'Whichever device was disabled or removed is cut off; clients that are not our devices have other names.',
  });
}

export function grantNewCertificates(handler: HandlerFunction): void {
  handler.allow(['iot:CreateKeysAndCertificate'], ['*'], {
    because:
      'A certificate has no name before it is made. It comes without a policy: by itself it is good for nothing.',
  });
}

/** A certificate that is revoked counts no more, whatever else would let it in. */
export function grantRevokedCertificates(handler: HandlerFunction): void {
  handler.allow(['iot:UpdateCertificate'], [certificates(handler)], { because: CERTIFICATE_IDS });
}

/** Those of a device that is deleted go with it. */
export function grantEndedCertificates(handler: HandlerFunction): void {
  handler.allow(['iot:UpdateCertificate', 'iot:DeleteCertificate'], [certificates(handler)], {
    because: CERTIFICATE_IDS,
  });
}

const CERTIFICATE_IDS = 'The ids of certificates are hashes; only ids that a device of ours has are asked for.';

function certificates(handler: HandlerFunction): string {
  return Stack.of(handler).formatArn({ service: 'iot', resource: 'cert', resourceName: '*' });
}

function ourThings(handler: HandlerFunction): string {
  return Stack.of(handler).formatArn({ service: 'iot', resource: 'thing', resourceName: 'd*' });
}
