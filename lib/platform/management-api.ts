import { Duration } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { statementFor } from './allowance.ts';
import type { Database } from './database.ts';
import type { DeviceCommands } from './device-commands.ts';
import type { Environment } from './environment.ts';
import { alarmPrefix } from './fault-alarm.ts';
import type { HandlerParts } from './handler-code.ts';
import { HandlerFunction } from './handler-function.ts';
import { grantAccounts } from './ledger.ts';
import { grantDomainConfiguration, grantErrorStore, grantMappings, grantRemovalNotices } from './management-grants.ts';
import { runTimeSecretFolder, runTimeSecretsArn } from './names.ts';
import {
  grantCutOff,
  grantEndedCertificates,
  grantNewCertificates,
  grantNewThings,
  grantRevokedCertificates,
  grantThings,
} from './providers.ts';
import { ProxyApi } from './proxy-api.ts';
import type { Tables } from './tables.ts';

/** Who may call what; each role may also do what the one before it may. */
export type ManagementRole = 'reader' | 'registrar' | 'operator';
type Owner =
  | 'alarms'
  | 'ledger'
  | 'ledgerDifferences'
  | 'apps'
  | 'backends'
  | 'devices'
  | 'deviceBatches'
  | 'certificates'
  | 'commands'
  | 'control'
  | 'gatewayDevices'
  | 'errorStore'
  | 'errorReplay'
  | 'logs'
  | 'platform'
  | 'rejected'
  | 'runs'
  | 'rejectedChanges'
  | 'rollbacks'
  | 'sources'
  | 'tasks'
  | 'taskResets'
  | 'consumers'
  | 'topicGrants'
  | 'topics';

/** The management API, route by route: who answers it and the least role that may call it. */
const ROUTES: readonly [owner: Owner, role: ManagementRole, method: string, path: string][] = [
  ['platform', 'reader', 'GET', '/instance'],
  ['devices', 'reader', 'GET', '/devices'],
  ['devices', 'registrar', 'POST', '/devices'],
  ['deviceBatches', 'registrar', 'POST', '/device-batches'],
  ['devices', 'reader', 'GET', '/devices/{product}/{device}'],
  ['devices', 'registrar', 'DELETE', '/devices/{product}/{device}'],
  ['certificates', 'reader', 'GET', '/devices/{product}/{device}/certificates'],
  ['certificates', 'registrar', 'POST', '/devices/{product}/{device}/certificates'],
  ['certificates', 'registrar', 'DELETE', '/devices/{product}/{device}/certificates/{certificate}'],
  // They move things in the world, and may say what only their sender and the device are to know.
  ['commands', 'operator', 'GET', '/devices/{product}/{device}/commands'],
  ['commands', 'operator', 'POST', '/devices/{product}/{device}/commands'],
  ['commands', 'operator', 'GET', '/devices/{product}/{device}/commands/{command}'],
  ['control', 'registrar', 'PATCH', '/devices/{product}/{device}'],
  ['control', 'registrar', 'POST', '/devices/{product}/{device}/password'],
  ['gatewayDevices', 'reader', 'GET', '/gateways'],
  ['gatewayDevices', 'reader', 'GET', '/gateways/{product}/{device}'],
  ['gatewayDevices', 'registrar', 'POST', '/gateways/{product}/{device}/devices'],
  ['apps', 'reader', 'GET', '/apps'],
  ['apps', 'operator', 'POST', '/apps'],
  ['apps', 'reader', 'GET', '/apps/{app}'],
  ['apps', 'operator', 'DELETE', '/apps/{app}'],
  ['apps', 'operator', 'GET', '/apps/{app}/credentials'],
  ['apps', 'operator', 'POST', '/apps/{app}/app-codes'],
  ['apps', 'operator', 'DELETE', '/apps/{app}/app-codes/{id}'],
  ['apps', 'operator', 'POST', '/apps/{app}/secrets'],
  ['apps', 'operator', 'DELETE', '/apps/{app}/secrets/{id}'],
  ['apps', 'operator', 'POST', '/apps/{app}/grants/{group}/{api}'],
  ['apps', 'operator', 'DELETE', '/apps/{app}/grants/{group}/{api}'],
  ['platform', 'reader', 'GET', '/apis'],
  ['platform', 'reader', 'GET', '/apis/{group}/{api}'],
  ['backends', 'reader', 'GET', '/backends'],
  // Past every check of who calls.
  ['backends', 'operator', 'POST', '/backends/{group}/{api}/test'],
  ['topics', 'reader', 'GET', '/topics'],
  ['topics', 'reader', 'GET', '/topics/{topic}'],
  // Asked for by POST: what a message is looked for by belongs into no address. Bodies are customers' data.
  ['topics', 'operator', 'POST', '/topics/{topic}/messages'],
  ['consumers', 'reader', 'GET', '/topics/{topic}/consumers'],
  ['topicGrants', 'reader', 'GET', '/topics/{topic}/grants'],
  ['topicGrants', 'operator', 'POST', '/topics/{topic}/grants/{app}'],
  ['topicGrants', 'operator', 'DELETE', '/topics/{topic}/grants/{app}'],
  ['sources', 'reader', 'GET', '/datasources'],
  ['sources', 'operator', 'POST', '/datasources/{source}/test'],
  ['sources', 'reader', 'GET', '/datasources/{source}/tables'],
  ['sources', 'reader', 'GET', '/datasources/{source}/tables/{table}'],
  ['errorStore', 'reader', 'GET', '/error-store'],
  ['errorStore', 'operator', 'GET', '/error-store/{product}/{device}/{object}'],
  ['errorReplay', 'operator', 'POST', '/error-store'],
  ['tasks', 'reader', 'GET', '/tasks'],
  ['tasks', 'reader', 'GET', '/tasks/{task}'],
  ['tasks', 'reader', 'GET', '/tasks/{task}/latency'],
  ['ledger', 'reader', 'GET', '/tasks/{task}/ledger'],
  ['ledgerDifferences', 'operator', 'POST', '/tasks/{task}/ledger/acknowledgements'],
  ['rejected', 'reader', 'GET', '/tasks/{task}/rejected'],
  // With the payload, which is customers' data.
  ['rejected', 'operator', 'GET', '/tasks/{task}/rejected/{id}'],
  ['rejectedChanges', 'operator', 'POST', '/tasks/{task}/rejected'],
  ['rejectedChanges', 'operator', 'PATCH', '/tasks/{task}/rejected/{id}'],
  ['rejectedChanges', 'operator', 'POST', '/tasks/{task}/trials'],
  ['rollbacks', 'operator', 'POST', '/tasks/{task}/rollbacks'],
  ['rollbacks', 'reader', 'GET', '/tasks/{task}/batches'],
  // What a database says about a row it refuses may quote the row.
  ['logs', 'operator', 'GET', '/tasks/{task}/logs'],
  ['tasks', 'operator', 'POST', '/tasks/{task}/start'],
  ['tasks', 'operator', 'POST', '/tasks/{task}/stop'],
  ['taskResets', 'operator', 'POST', '/tasks/{task}/reset'],
  ['runs', 'operator', 'POST', '/tasks/{task}/run'],
  // What it shows is customers' data.
  ['runs', 'operator', 'POST', '/tasks/{task}/dry-runs'],
  ['runs', 'reader', 'GET', '/tasks/{task}/runs'],
  ['alarms', 'reader', 'GET', '/alarms'],
];
const ROLES: readonly ManagementRole[] = ['reader', 'registrar', 'operator'];
/** Every shard of a topic may have a read of up to 10 MB under way. */
const TOPICS_MB = 1024;
/** Whoever follows a call that was killed waits until it is over. */
const REPLAY_TIMEOUT = Duration.seconds(20);
/** Lambda gives a full core with it: passwords are hashed, 28 ms each. */
const A_CORE_MB = 1769;
/** Of the sources that stacks declare; each is loaded when one is tested. */
const DRIVERS: HandlerParts = Object.fromEntries(
  ['mysql', 'postgresql', 'redis', 'mongodb'].map((kind) => [`drivers/${kind}.mjs`, { entry: `drivers/${kind}` }]),
);
/** People and scripts call it, not devices or users. */
const THROTTLE = { rate: 50, burst: 100 };

export interface ManagementApiProps {
  readonly environment: Environment;
  readonly tables: Tables;
  readonly deviceCommands: DeviceCommands;
  readonly gateways: boolean;
  readonly database: Database | undefined;
  readonly webAclArn: string;
  readonly domainConfiguration: string;
  readonly certificateDomainConfiguration: string;
  /** Messages whose way into a topic failed. */
  readonly failedMessages: Bucket;
}

/** Everything that is done at run time goes through here, by the CLI and by people's own scripts: IAM decides who may. */
export class ManagementApi extends Construct {
  readonly api: ProxyApi;
  readonly apps: HandlerFunction;
  readonly backends: HandlerFunction;
  readonly devices: HandlerFunction;
  readonly deviceBatches: HandlerFunction;
  readonly certificates: HandlerFunction;
  readonly commands: HandlerFunction;
  readonly control: HandlerFunction;
  /** Only where there are gateways. */
  readonly gatewayDevices: HandlerFunction | undefined;
  readonly errorStore: HandlerFunction;
  readonly errorReplay: HandlerFunction;
  readonly platform: HandlerFunction;
  readonly topics: HandlerFunction;
  readonly topicGrants: HandlerFunction;
  readonly sources: HandlerFunction;
  readonly logs: HandlerFunction | undefined;
  readonly tasks: HandlerFunction | undefined;
  readonly taskResets: HandlerFunction | undefined;
  readonly consumers: HandlerFunction | undefined;
  readonly ledger: HandlerFunction | undefined;
  readonly ledgerDifferences: HandlerFunction | undefined;
  readonly alarms: HandlerFunction;
  readonly rejected: HandlerFunction | undefined;
  readonly runs: HandlerFunction | undefined;
  readonly rejectedChanges: HandlerFunction | undefined;
  readonly rollbacks: HandlerFunction | undefined;
  /** Attach one to a user, group or role; each also holds what the smaller ones allow. */
  readonly policies: Readonly<Record<ManagementRole, ManagedPolicy>>;

  constructor(scope: Construct, id: string, props: ManagementApiProps) {
    super(scope, id);
    const { environment, tables, database } = props;
    const handler = (entry: string, description: string, memory?: number, timeout?: Duration) =>
      new HandlerFunction(this, entry.split('/')[1] ?? entry, {
        environment,
        entry,
        description,
        ...(memory !== undefined && { memory }),
        ...(timeout !== undefined && { timeout }),
      });

    this.devices = handler('link/manage-devices', 'Management API: which devices there are');
    tables.grantDevices(this.devices, 'write');
    tables.grantCatalog(this.devices, 'read');
    grantThings(this.devices);
    grantEndedCertificates(this.devices);
    grantCutOff(this.devices);
    this.deviceBatches = handler('link/register-devices', 'Management API: many devices at once', A_CORE_MB);
    tables.grantDevices(this.deviceBatches, 'put');
    tables.grantCatalog(this.deviceBatches, 'get');
    grantNewThings(this.deviceBatches);
    this.certificates = handler('link/manage-certificates', 'Management API: certificates of devices');
    tables.grantDevices(this.certificates, 'update');
    tables.grantCatalog(this.certificates, 'get');
    grantNewCertificates(this.certificates);
    grantRevokedCertificates(this.certificates);
    grantCutOff(this.certificates);
    grantDomainConfiguration(this.certificates, props.certificateDomainConfiguration);
    this.control = handler('link/control-devices', 'Management API: devices enabled, disabled, given new passwords');
    tables.grantDevices(this.control, 'change');
    tables.grantCatalog(this.control, 'get');
    grantCutOff(this.control);
    this.commands = handler('link/manage-commands', 'Management API: commands to devices');
    tables.grantDevices(this.commands, 'get');
    tables.grantCatalog(this.commands, 'get');
    props.deviceCommands.grantSending(this.commands);
    if (props.gateways) {
      this.gatewayDevices = handler('link/manage-gateways', 'Management API: gateways and what stands behind them');
      tables.grantDevices(this.gatewayDevices, 'add');
      tables.grantCatalog(this.gatewayDevices, 'read');
      grantNewThings(this.gatewayDevices);
      grantRemovalNotices(this.devices);
    }
    this.apps = handler('apic/manage-apps', 'Management API: apps, their credentials and grants');
    tables.grantCatalog(this.apps, 'write');
    tables.grantApps(this.apps, 'write');
    grantRunTimeApps(this.apps, environment);
    // Each integration lets it invoke the functions of its APIs.
    this.backends = handler('apic/manage-backends', 'Management API: what answers APIs, tried out');
    tables.grantCatalog(this.backends, 'read');
    this.errorStore = handler('link/manage-error-store', 'Management API: messages that no topic took');
    tables.grantCatalog(this.errorStore, 'read');
    grantErrorStore(this.errorStore, props.failedMessages);
    // Of its own, so that what shows the store can neither empty it nor write into topics; integrations let it into theirs.
    this.errorReplay = handler(
      ...(['link/replay-errors', 'Management API: messages that no topic took, into their topics'] as const),
      ...([undefined, REPLAY_TIMEOUT] as const),
    );
    tables.grantCatalog(this.errorReplay, 'read');
    tables.grantReplays(this.errorReplay);
    grantErrorStore(this.errorReplay, props.failedMessages);
    this.errorReplay.allow(['s3:DeleteObject'], [props.failedMessages.arnForObjects('*')], {
      because: 'Any message of the error store may be replayed, and is removed when its topic has it.',
    });
    this.platform = handler('platform/manage-platform', 'Management API: instance, APIs');
    // Whoever asks first for the instance's id makes it.
    tables.grantCatalog(this.platform, 'add');
    grantDomainConfiguration(this.platform, props.domainConfiguration);
    this.topics = handler('mqs/manage-topics', 'Management API: topics and their messages', TOPICS_MB);
    tables.grantCatalog(this.topics, 'read');
    this.topicGrants = handler('mqs/manage-topic-grants', 'Management API: what apps may do with topics of others');
    tables.grantCatalog(this.topicGrants, 'get');
    tables.grantApps(this.topicGrants, 'write');
    this.alarms = handler('platform/manage-alarms', 'Management API: alarms');
    this.alarms.variable('ALARM_PREFIX', alarmPrefix(environment)).allow(['cloudwatch:DescribeAlarms'], ['*'], {
      because: 'Listing alarms by the beginning of their names needs it.',
    });
    // Each integration lets it read the secrets of the sources it declares.
    this.sources = new HandlerFunction(this, 'manage-sources', {
      environment,
      entry: 'fdi/manage-sources',
      description: 'Management API: data sources',
      parts: DRIVERS,
    });
    // What became of a test is noted.
    tables.grantCatalog(this.sources, 'watch');
    if (database !== undefined) {
      database.grantUsers(this.sources, ['causeway_fdi', 'causeway_api', 'causeway_reader']);
      this.logs = handler('fdi/manage-logs', 'Management API: what tasks have logged');
      tables.grantCatalog(this.logs, 'get');
      this.tasks = handler('fdi/manage-tasks', 'Management API: tasks');
      tables.grantCatalog(this.tasks, 'write');
      database.grant(this.tasks, 'causeway_reader');
      // Each scheduled task lets it call its function.
      this.runs = handler('fdi/manage-runs', 'Management API: runs of scheduled tasks');
      tables.grantCatalog(this.runs, 'update');
      database.grant(this.runs, 'causeway_reader');
      // Of its own: it counts what a task has before it, and makes new mappings and positions.
      this.taskResets = handler('fdi/reset-task', 'Management API: tasks that begin anew in their topics', TOPICS_MB);
      tables.grantCatalog(this.taskResets, 'update');
      database.grant(this.taskResets, 'causeway_fdi');
      this.consumers = handler('mqs/manage-consumers', 'Management API: how far tasks are in their topics', TOPICS_MB);
      tables.grantCatalog(this.consumers, 'read');
      database.grant(this.consumers, 'causeway_reader');
      for (const asking of [this.tasks, this.taskResets, this.consumers]) {
        grantMappings(asking);
      }
      this.ledger = handler('fdi/manage-ledger', 'Management API: the account of a task');
      tables.grantCatalog(this.ledger, 'get');
      database.grant(this.ledger, 'causeway_reader');
      grantAccounts(this.ledger);
      // Of its own, so that what shows the ledger cannot change it.
      this.ledgerDifferences = handler('fdi/acknowledge-ledger', 'Management API: a difference that is explained');
      tables.grantCatalog(this.ledgerDifferences, 'get');
      database.grant(this.ledgerDifferences, 'causeway_fdi');
      this.rejected = handler('fdi/manage-rejected', 'Management API: what tasks could not write');
      tables.grantCatalog(this.rejected, 'get');
      database.grant(this.rejected, 'causeway_reader');
      // Of its own, so that what shows the quarantine cannot change it. Each task lets it ask its consumer.
      this.rejectedChanges = handler('fdi/change-rejected', 'Management API: what tasks could not write, tried again');
      tables.grantCatalog(this.rejectedChanges, 'get');
      database.grant(this.rejectedChanges, 'causeway_fdi');
      this.rollbacks = handler('fdi/rollback-batch', 'Management API: batches of tasks, undone');
      tables.grantCatalog(this.rollbacks, 'get');
    }

    this.api = new ProxyApi(this, 'Api', {
      environment,
      name: 'Management',
      description: 'Causeway management API',
      notFound: this.platform,
      authorizer: 'iam',
      closed: true,
      webAclArn: props.webAclArn,
      throttle: THROTTLE,
    });
    for (const [owner, , method, path] of ROUTES) {
      const answering = this[owner];
      if (answering !== undefined) {
        this.api.addRoute({ method, path, handler: answering });
      }
    }
    this.policies = this.#policies();
  }

  #policies(): Record<ManagementRole, ManagedPolicy> {
    return Object.fromEntries(ROLES.map((role) => [role, this.#policy(role)])) as Record<ManagementRole, ManagedPolicy>;
  }

  #policy(role: ManagementRole): ManagedPolicy {
    const may = ([, least]: (typeof ROUTES)[number]) => ROLES.indexOf(least) <= ROLES.indexOf(role);
    const arns = (routes: typeof ROUTES) =>
      routes.map(([, , method, path]) => this.api.arnOf(method, path.replaceAll(/\{\w+\}/g, '*')));
    const actions = ['execute-api:Invoke'];
    const policy = new ManagedPolicy(this, `Policy-${role}`, {
      description: `Causeway ${role}: ${DESCRIPTIONS[role]}`,
    });
    policy.addStatements(
      statementFor(policy, {
        actions,
        resources: arns(ROUTES.filter(may)),
        because: 'A star stands for a parameter of the path; what it must not reach is denied.',
      }),
    );
    // A star in an ARN matches slashes too: without this, `GET /apps/*` would let readers at `/apps/x/credentials`.
    const withheld = arns(ROUTES.filter((route) => !may(route)));
    if (withheld.length > 0) {
      policy.addStatements(new PolicyStatement({ effect: Effect.DENY, actions, resources: withheld }));
    }
    return policy;
  }
}

const DESCRIPTIONS: Readonly<Record<ManagementRole, string>> = {
  reader: 'sees everything but credentials',
  registrar: 'registers, changes and deletes devices as well',
  operator:
    'makes apps, grants APIs, tries backends out, sends commands to devices, reads messages, reads logs, tests data sources, starts, stops and resets tasks and reads credentials of apps as well',
};

/** Apps come and go at run time as well; the secrets of those that stacks declare are granted by their stacks. */
function grantRunTimeApps(handler: HandlerFunction, environment: Environment): void {
  const actions = ['CreateSecret', 'DeleteSecret', 'GetSecretValue', 'PutSecretValue'];
  handler.variable('APP_SECRET_FOLDER', runTimeSecretFolder(environment, 'app')).allow(
    actions.map((action) => `secretsmanager:${action}`),
    [runTimeSecretsArn(handler, environment, 'app')],
    { because: 'Apps made at run time; no secret of a stack lies in this folder.' },
  );
}
