import { AspectPriority, Aspects, CfnOutput, Duration, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { Database } from './database.ts';
import { DeviceCommands } from './device-commands.ts';
import { DeviceEvents } from './device-events.ts';
import { DeviceGateway } from './device-gateway.ts';
import { DeviceGateways } from './device-gateways.ts';
import { Environment } from './environment.ts';
import { FaultAlarm } from './fault-alarm.ts';
import type { HandlerFunction } from './handler-function.ts';
import { IdleCost } from './idle-cost.ts';
import { Ledger } from './ledger.ts';
import { ManagementApi } from './management-api.ts';
import { Presence } from './presence.ts';
import { Providers } from './providers.ts';
import { RELEASE } from './proxy-api.ts';
import { invalid } from './setting.ts';
import { SignatureCheck } from './signature-check.ts';
import { Tables } from './tables.ts';
import { WebFirewall } from './web-firewall.ts';

export interface PlatformStackProps extends StackProps {
  /**
   * What all stacks of the environment agree on.
   * @default - `Environment.of()`: production, nothing thrown away
   */
  readonly environment?: Environment;
  /**
   * `false` for a platform without tables: no Aurora, no VPC, and tasks and data APIs are refused at synthesis. `standby` keeps a second
   * instance.
   * @default - one cluster without a standby, shared by all integrations
   */
  readonly database?: false | { readonly standby?: boolean };
  /**
   * Whether there are gateways: devices that speak for others. Costs a shard of Kinesis, about 11 USD a month.
   * @default false
   */
  readonly gateways?: boolean;
  /**
   * Whether it is kept and told what happens to devices: see `DeviceEventSubscription`.
   * @default false
   */
  readonly deviceEvents?: boolean;
}

/** Functions of the platform that an integration may give rights on its own resources. */
export type PlatformRole =
  | 'provisionApp'
  | 'provisionDevices'
  | 'controlDevices'
  | 'provisionTask'
  | 'manageApps'
  | 'replayErrors'
  | 'replayRejected'
  | 'rollbackBatches'
  | 'manageBackends'
  | 'manageLogs'
  | 'manageTasks'
  | 'resetTask'
  | 'manageConsumers'
  | 'manageLedger'
  | 'manageRuns'
  | 'keepLedger'
  | 'manageTopics'
  | 'testSources'
  | 'relayGateways'
  | 'tellDeviceEvents'
  | 'verifySignature';

/**
 * What integrations share: where devices log in, their registry, apps, the database and the management API. It knows no integration:
 * each brings its rights along (`Integration.allow`), so that it can be deployed and deleted by itself.
 */
export class PlatformStack extends Stack {
  readonly settings: Environment;
  readonly tables: Tables;
  readonly database: Database | undefined;
  readonly firewall: WebFirewall;
  readonly providers: Providers;
  readonly signatureCheck: SignatureCheck;
  readonly deviceGateway: DeviceGateway;
  readonly gateways: DeviceGateways | undefined;
  readonly deviceEvents: DeviceEvents | undefined;
  readonly ledger: Ledger | undefined;
  readonly management: ManagementApi;
  /** Messages whose way into a topic failed, one object each, below the product's id. */
  readonly errorStore: Bucket;
  /** Exported under a name that stays while rules of other stacks use it. */
  readonly errorStoreArn: string;

  constructor(scope: Construct, id: string, props: PlatformStackProps = {}) {
    const {
      environment = Environment.of(),
      database = {},
      gateways = false,
      deviceEvents = false,
      ...stackProps
    } = props;
    super(scope, id, {
      stackName: `${environment.prefix}${id}`,
      description: 'Causeway: the platform integrations share',
      ...stackProps,
    });
    this.settings = environment;
    for (const [key, value] of Object.entries(environment.tags)) {
      Tags.of(this).add(key, value);
    }
    this.tables = new Tables(this, 'Tables', environment);
    this.database =
      database === false
        ? undefined
        : new Database(this, 'Database', { environment, standby: database.standby ?? false });
    this.firewall = new WebFirewall(this, 'Firewall', environment);
    this.errorStore = this.#errorStore();
    this.errorStoreArn = this.exportValue(this.errorStore.bucketArn);
    this.deviceGateway = new DeviceGateway(this, 'Devices', environment, this.tables);
    new Presence(this, 'Presence', { environment, tables: this.tables, errorStore: this.errorStore });
    const deviceCommands = new DeviceCommands(this, 'Commands', {
      environment,
      tables: this.tables,
      errorStore: this.errorStore,
    });
    this.deviceEvents = deviceEvents
      ? new DeviceEvents(this, 'DeviceEvents', {
          environment,
          tables: this.tables,
          deviceGateway: this.deviceGateway,
        })
      : undefined;
    this.gateways = gateways
      ? new DeviceGateways(this, 'Gateways', {
          environment,
          tables: this.tables,
          commands: deviceCommands,
          errorStore: this.errorStore,
        })
      : undefined;
    this.signatureCheck = new SignatureCheck(this, 'Signatures', environment, this.tables);
    this.providers = new Providers(this, 'Providers', { environment, tables: this.tables, database: this.database });
    if (this.database !== undefined) {
      this.ledger = new Ledger(this, 'Ledger', { environment, tables: this.tables, database: this.database });
    }
    this.management = new ManagementApi(this, 'Management', {
      environment,
      tables: this.tables,
      deviceCommands,
      gateways,
      database: this.database,
      webAclArn: this.firewall.arn,
      domainConfiguration: this.deviceGateway.domainConfiguration,
      certificateDomainConfiguration: this.deviceGateway.certificateDomainConfiguration,
      failedMessages: this.errorStore,
    });
    this.#outputs();
    Aspects.of(this).add(new IdleCost(environment.databaseCapacity.min), { priority: AspectPriority.READONLY });
  }

  /** The function behind a role. @throws InvalidSetting for one that works on tasks when there is no database */
  functionOf(role: PlatformRole): HandlerFunction {
    const functions: Record<PlatformRole, HandlerFunction | undefined> = {
      provisionApp: this.providers.app,
      provisionDevices: this.providers.devices,
      controlDevices: this.management.control,
      provisionTask: this.providers.task,
      manageApps: this.management.apps,
      replayErrors: this.management.errorReplay,
      replayRejected: this.management.rejectedChanges,
      rollbackBatches: this.management.rollbacks,
      manageBackends: this.management.backends,
      manageLogs: this.management.logs,
      manageTasks: this.management.tasks,
      resetTask: this.management.taskResets,
      manageConsumers: this.management.consumers,
      manageLedger: this.management.ledger,
      manageRuns: this.management.runs,
      keepLedger: this.ledger?.keeper,
      manageTopics: this.management.topics,
      relayGateways: this.gateways?.relay,
      tellDeviceEvents: this.deviceEvents?.tell,
      testSources: this.management.sources,
      verifySignature: this.signatureCheck.verify,
    };

    const found = functions[role];
    if (found === undefined) {
      throw invalid(this, 'database', false, 'a database: there are no tasks without one');
    }

    return found;
  }

  #errorStore(): Bucket {
    const { dataRemoval } = this.settings;
    const bucket = new Bucket(this, 'ErrorStore', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: dataRemoval,
    });
    acknowledge(bucket, {
      'AwsSolutions-S1':
        'Only the roles of forwarding rules may write, nobody reads in daily work, and an alarm tells of every write; access logs would say the same again.',
    });
    new FaultAlarm(this, 'ErrorStoreNotEmpty', {
      environment: this.settings,
      description: 'The error store holds messages that their topics did not take. CloudWatch counts them once a day.',
      runbook: 'error-store',
      metric: new Metric({
        namespace: 'AWS/S3',
        metricName: 'NumberOfObjects',
        dimensionsMap: { BucketName: bucket.bucketName, StorageType: 'AllStorageTypes' },
        statistic: 'Average',
        period: Duration.days(1),
      }),
      // The day's count comes hours late: the one before it counts until then.
      periods: 2,
      datapoints: 1,
    });
    return bucket;
  }

  #outputs(): void {
    const { restApi, url } = this.management.api;
    const output = (id: string, value: object) =>
      new CfnOutput(this, `Output-${id}`, { value: this.toJsonString(value) }).overrideLogicalId(id);
    output('CausewayManagement', { restApi: restApi.restApiId, stage: RELEASE, url });
    output('CausewayMqtt', { domainConfiguration: this.deviceGateway.domainConfiguration });
    if (this.database !== undefined) {
      const { clusterArn, databaseName } = this.database;
      output('CausewayDatabase', {
        cluster: clusterArn,
        database: databaseName,
        reader: this.database.secretArn('causeway_reader'),
      });
    }
  }
}
