import { CfnDeletionPolicy, Duration, Stack } from 'aws-cdk-lib';
import { CfnDBCluster, CfnDBClusterParameterGroup, CfnDBInstance, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ADVANCE_FUNCTION } from '../../core/fdi/advance-function.ts';
import { ADVANCE_KEYS_FUNCTION, OVERLAP_FUNCTION } from '../../core/fdi/advance-keys-function.ts';
import { READMIT_FUNCTION } from '../../core/fdi/readmit-function.ts';
import { DATABASE_USERS, type DatabaseUser, PLATFORM_SCOPE } from '../../core/platform/database-users.ts';
import type { MigrationDefinitions } from '../../core/platform/migration.ts';
import { acknowledge } from './acknowledge.ts';
import type { Environment } from './environment.ts';
import { HandlerFunction } from './handler-function.ts';
import { migrationsOf } from './migration-files.ts';
import { Network } from './network.ts';
import { ProvidedResource } from './provided-resource.ts';

/** The newest patch of the line with long-term support; 3.07 is the first with the Data API, 3.08 the first that can pause. */
const ENGINE_VERSION = '8.0.mysql_aurora.3.10.4';
const DATABASE_NAME = 'integration';
/** Not MySQL's own, which is the first that is tried from anywhere. */
const PORT = 3307;
/** The Data API connects as this user, so nobody knows its password but Secrets Manager. */
const MASTER_USER = 'causeway_master';

/**
 * What local MariaDB and Aurora must agree on. A value that does not fit its column is an error and not cut (STRICT_ALL_TABLES); double
 * quotes are strings, as existing statements write them (no ANSI_QUOTES); a row that another writer holds is given up after 5 s.
 */
const PARAMETERS = {
  sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
  character_set_server: 'utf8mb4',
  collation_server: 'utf8mb4_unicode_ci',
  time_zone: 'UTC',
  innodb_lock_wait_timeout: '5',
};

const DATA_API = ['ExecuteStatement', 'BeginTransaction', 'CommitTransaction', 'RollbackTransaction'].map(
  (operation) => `rds-data:${operation}`,
);

export interface DatabaseProps {
  readonly environment: Environment;
  /**
   * A second instance in another zone that takes over within a minute when the first fails; without it Aurora makes a new one, which takes
   * about ten.
   * @default false
   */
  readonly standby?: boolean;
}

/** Aurora MySQL with the Data API, its users and the platform's own schema. */
export class Database extends Construct {
  readonly clusterArn: string;
  readonly clusterId: string;
  readonly databaseName = DATABASE_NAME;
  readonly #endpoint: { readonly host: string; readonly port: string };
  readonly #secrets: Readonly<Record<DatabaseUser, Secret>>;
  /** Whoever needs the schema or the users waits for it. */
  readonly migration: ProvidedResource;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { environment } = props;
    const cluster = this.#cluster(environment);
    const writer = this.#instance('Writer', cluster);
    if (props.standby === true) {
      this.#instance('Standby', cluster).addResourceDependency(writer);
    }
    this.clusterArn = cluster.attrDbClusterArn;
    this.clusterId = cluster.ref;
    this.#endpoint = { host: cluster.attrEndpointAddress, port: cluster.attrEndpointPort };
    this.#secrets = this.#users();
    this.migration = this.#migration(environment, cluster.attrMasterUserSecretSecretArn);
    this.migration.node.addDependency(writer);
  }

  secretArn(user: DatabaseUser): string {
    return this.#secrets[user].secretArn;
  }

  /** Where it is and how one of its users logs in, as variables of scripts; `#{mysql_url}` is for JDBC. */
  scriptVariables(user: DatabaseUser) {
    const { host, port } = this.#endpoint;

    return {
      mysql_url: `jdbc:mysql://${host}:${port}/${DATABASE_NAME}`,
      mysql_host: host,
      mysql_port: port,
      mysql_database: DATABASE_NAME,
      mysql_user: user,
      mysql_password: { secret: this.#secrets[user], key: 'password' },
    };
  }

  /** Lets a function work as one user, and tells it where. */
  grant(handler: HandlerFunction, user: DatabaseUser): void {
    const { host, port } = this.#endpoint;
    // So that a function knows the database by the address its clients have.
    handler.variable('DATABASE_ENDPOINT', `${host}:${port}`);
    this.#grantSecret(handler, this.secretArn(user));
  }

  /** Lets a function work as each of these users, and tells it where. */
  grantUsers(handler: HandlerFunction, users: readonly DatabaseUser[]): void {
    const secrets = Object.fromEntries(users.map((user) => [user, this.secretArn(user)]));
    handler
      .variable('DATABASE_CLUSTER_ARN', this.clusterArn)
      .variable('DATABASE_SECRETS', Stack.of(this).toJsonString(secrets))
      .variable('DATABASE_NAME', this.databaseName)
      .allow(DATA_API, [this.clusterArn])
      .allow(['secretsmanager:GetSecretValue'], Object.values(secrets));
  }

  #grantSecret(handler: HandlerFunction, secretArn: string): void {
    handler
      .variable('DATABASE_CLUSTER_ARN', this.clusterArn)
      .variable('DATABASE_SECRET_ARN', secretArn)
      .variable('DATABASE_NAME', this.databaseName)
      .allow(DATA_API, [this.clusterArn])
      .allow(['secretsmanager:GetSecretValue'], [secretArn]);
  }

  #cluster(environment: Environment): CfnDBCluster {
    const network = new Network(this, 'Network', environment);
    const { min, max } = environment.databaseCapacity;
    const subnets = new CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupDescription: 'Isolated subnets of the Causeway database',
      subnetIds: network.subnetIds,
    });
    const parameters = new CfnDBClusterParameterGroup(this, 'Parameters', {
      description: 'Strict SQL, utf8mb4, UTC, short lock waits',
      family: 'aurora-mysql8.0',
      parameters: PARAMETERS,
    });
    const cluster = new CfnDBCluster(this, 'Cluster', {
      engine: 'aurora-mysql',
      engineVersion: ENGINE_VERSION,
      databaseName: DATABASE_NAME,
      port: PORT,
      masterUsername: MASTER_USER,
      manageMasterUserPassword: true,
      enableHttpEndpoint: true,
      enableIamDatabaseAuthentication: true,
      storageEncrypted: true,
      serverlessV2ScalingConfiguration: {
        minCapacity: min,
        maxCapacity: max,
        ...(min === 0 && { secondsUntilAutoPause: Duration.minutes(30).toSeconds() }),
      },
      dbClusterParameterGroupName: parameters.ref,
      dbSubnetGroupName: subnets.ref,
      vpcSecurityGroupIds: [network.securityGroup.securityGroupId],
      backupRetentionPeriod: environment.backup.toDays(),
      copyTagsToSnapshot: true,
      deletionProtection: environment.deletionProtection,
      enableCloudwatchLogsExports: ['error', 'slowquery'],
    });
    const removal = environment.removal === 'keep' ? CfnDeletionPolicy.SNAPSHOT : CfnDeletionPolicy.DELETE;
    cluster.cfnOptions.deletionPolicy = removal;
    cluster.cfnOptions.updateReplacePolicy = removal;
    acknowledge(cluster, {
      'AwsSolutions-RDS14': 'Backtrack does not exist for Serverless v2; point-in-time restore covers 7 to 35 days.',
      ...(!environment.deletionProtection && {
        'AwsSolutions-RDS10': 'The environment was declared with removal: destroy, to be thrown away.',
      }),
    });

    return cluster;
  }

  #instance(id: string, cluster: CfnDBCluster): CfnDBInstance {
    return new CfnDBInstance(this, id, {
      engine: 'aurora-mysql',
      dbClusterIdentifier: cluster.ref,
      dbInstanceClass: 'db.serverless',
      publiclyAccessible: false,
      autoMinorVersionUpgrade: true,
    });
  }

  #users(): Record<DatabaseUser, Secret> {
    const secretOf = (user: DatabaseUser): Secret => {
      const secret = new Secret(this, `Secret-${user}`, {
        description: `Database user ${user}`,
        generateSecretString: {
          secretStringTemplate: JSON.stringify({ username: user }),
          generateStringKey: 'password',
          passwordLength: 32,
          // It is written into CREATE USER, where a quote would end it.
          excludePunctuation: true,
        },
      });
      acknowledge(secret, {
        'AwsSolutions-SMG4':
          'Functions use it through the Data API and nobody else sees it; another secret in the template sets another password.',
      });
      return secret;
    };

    return Object.fromEntries(DATABASE_USERS.map((user) => [user, secretOf(user)])) as Record<DatabaseUser, Secret>;
  }

  #migration(environment: Environment, masterSecretArn: string): ProvidedResource {
    const { migrations, hash } = migrationsOf(new URL('migrations/', import.meta.url).pathname);
    const provider = new HandlerFunction(this, 'Migrate', {
      environment,
      entry: 'platform/migrate',
      description: "Brings the platform's own schema and database users up to date",
      timeout: Duration.minutes(15),
      files: { 'definitions.json': (): MigrationDefinitions => ({ scope: PLATFORM_SCOPE, migrations }) },
    });
    this.#grantSecret(provider, masterSecretArn);
    provider.allow(
      ['secretsmanager:GetSecretValue'],
      DATABASE_USERS.map((user) => this.secretArn(user)),
    );

    return new ProvidedResource(this, 'Migration', {
      provider,
      kind: 'Migration',
      timeout: Duration.minutes(15),
      properties: {
        Hash: hash,
        Functions: [ADVANCE_FUNCTION, OVERLAP_FUNCTION, ADVANCE_KEYS_FUNCTION, READMIT_FUNCTION],
        Users: DATABASE_USERS.map((user) => ({ User: user, SecretArn: this.secretArn(user) })),
      },
    });
  }
}
