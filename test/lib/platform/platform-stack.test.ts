import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { sandbox, templateOf } from '../sandbox.ts';

describe('a platform as it is made without settings', () => {
  let template: Template;

  beforeAll(() => {
    template = templateOf(sandbox().platform);
  });

  test('its database answers over the Data API, keeps its data and is reachable by nobody else', () => {
    template.hasResource('AWS::RDS::DBCluster', {
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
      Properties: Match.objectLike({
        Engine: 'aurora-mysql',
        EngineVersion: Match.stringLikeRegexp('^8\\.0\\.mysql_aurora\\.3\\.(1\\d)\\.\\d+$'),
        EnableHttpEndpoint: true,
        ManageMasterUserPassword: true,
        MasterUserPassword: Match.absent(),
        DeletionProtection: true,
        StorageEncrypted: true,
        BackupRetentionPeriod: 7,
        ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 },
      }),
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { SecurityGroupIngress: Match.absent() });
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    template.resourceCountIs('AWS::EC2::InternetGateway', 0);
    template.resourceCountIs('AWS::RDS::DBInstance', 1);
  });

  test('its database is strict, in UTC, and gives a held row up after 5 s', () => {
    template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
      Family: 'aurora-mysql8.0',
      Parameters: {
        sql_mode: 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY',
        character_set_server: 'utf8mb4',
        collation_server: 'utf8mb4_unicode_ci',
        time_zone: 'UTC',
        innodb_lock_wait_timeout: '5',
      },
    });
  });

  test('its migrations run once the database has an instance, with a secret of its own for every user', () => {
    const [migration] = Object.values(template.findResources('Custom::CausewayMigration'));
    const [writer] = Object.keys(template.findResources('AWS::RDS::DBInstance'));
    const users = migration?.['Properties'].Users as { User: string; SecretArn: { Ref: string } }[];

    expect(migration?.['DependsOn']).toContain(writer);
    expect(users.map(({ User }) => User)).toEqual([
      'causeway_migrate',
      'causeway_fdi',
      'causeway_api',
      'causeway_reader',
    ]);
    expect(new Set(users.map(({ SecretArn }) => SecretArn.Ref)).size).toBe(4);
  });

  test('passwords are generated, without signs that would end a literal', () => {
    template.allResourcesProperties('AWS::SecretsManager::Secret', {
      SecretString: Match.absent(),
      GenerateSecretString: Match.objectLike({ ExcludePunctuation: true, PasswordLength: 32 }),
    });
  });

  test('devices log in through our authorizer and no other', () => {
    const [authorizer] = Object.keys(template.findResources('AWS::IoT::Authorizer'));

    template.hasResourceProperties('AWS::IoT::Authorizer', { SigningDisabled: true, Status: 'ACTIVE' });
    template.hasResourceProperties('AWS::IoT::DomainConfiguration', {
      AuthenticationType: 'CUSTOM_AUTH',
      ApplicationProtocol: 'SECURE_MQTT',
      AuthorizerConfig: { AllowAuthorizerOverride: false, DefaultAuthorizerName: { Ref: authorizer } },
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'iot.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': [authorizer, 'Arn'] },
    });
  });

  test('the function that decides about log-ins may read one device at a time, within 5 s', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Decides about the log-in of a device',
      Timeout: 5,
      Environment: { Variables: Match.objectLike({ DEVICE_TABLE: Match.anyValue() }) },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^DevicesAuthorize'),
      PolicyDocument: { Statement: [Match.anyValue(), Match.objectLike({ Action: 'dynamodb:GetItem' })] },
    });
  });

  test('connections of devices that begin and end are recorded by a function that changes items and nothing else', () => {
    const [rule] = Object.entries(template.findResources('AWS::IoT::TopicRule'));
    const payload = rule?.[1]['Properties'].TopicRulePayload;
    const [action] = payload.Actions;
    const [record] = Object.keys(
      template.findResources('AWS::Lambda::Function', {
        Properties: { Description: 'Records which devices are connected' },
      }),
    );

    expect(payload).toMatchObject({ AwsIotSqlVersion: '2016-03-23' });
    expect(payload.Sql).toContain("FROM '$aws/events/presence/+/+' WHERE");
    expect(action.Lambda.FunctionArn).toEqual({ 'Fn::GetAtt': [record, 'Arn'] });
    expect(payload.ErrorAction.S3.Key).toBe('presence-events/${topic(5)}/${timestamp()}-${newuuid()}.json');
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'iot.amazonaws.com',
      FunctionName: { 'Fn::GetAtt': [record, 'Arn'] },
      SourceArn: { 'Fn::GetAtt': [rule?.[0], 'Arn'] },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^PresenceRecord'),
      PolicyDocument: {
        Statement: [
          Match.anyValue(),
          Match.objectLike({ Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'] }),
        ],
      },
    });
  });

  test('its tables cost nothing while idle; those that hold what cannot be had again can be restored and stay', () => {
    const tables = Object.values(template.findResources('AWS::DynamoDB::Table'));
    const kept = {
      DeletionPolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    };
    const passing = {
      DeletionPolicy: 'Delete',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
      },
    };

    const noted = { DeletionPolicy: 'Delete', Properties: { BillingMode: 'PAY_PER_REQUEST' } };

    expect(tables.slice(0, 5)).toMatchObject([kept, kept, kept, passing, noted]);
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      GlobalSecondaryIndexes: [Match.objectLike({ IndexName: 'byProduct' }), Match.objectLike({ IndexName: 'byTerm' })],
    });
  });

  test('an address that calls too often is refused by the firewall', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACL', {
      Scope: 'REGIONAL',
      Rules: [
        Match.objectLike({
          Action: { Block: {} },
          Statement: { RateBasedStatement: { AggregateKeyType: 'IP', EvaluationWindowSec: 300, Limit: 30_000 } },
        }),
      ],
    });
  });

  test('outputs say where things are', () => {
    expect(Object.keys(template.findOutputs('*')).filter((id) => id.startsWith('Causeway'))).toEqual([
      'CausewayManagement',
      'CausewayMqtt',
      'CausewayDatabase',
    ]);
  });

  test('what holds data keeps its logical ids: another id would be another, empty resource', () => {
    const stateful = ['AWS::RDS::DBCluster', 'AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];
    const ids = stateful.flatMap((type) => Object.keys(template.findResources(type)));

    expect(ids).toEqual([
      'DatabaseClusterC6094C50',
      'TablesDevices704C53B1',
      'TablesApps33F1B8A2',
      'TablesCatalogA41E506D',
      'TablesNonces867D73EA',
      'TablesReplays18697A43',
      'CommandsTableC48D2C91',
      'ErrorStore85B603E9',
      'DatabaseSecretcausewaymigrateA114B7A5',
      'DatabaseSecretcausewayfdi70055BDE',
      'DatabaseSecretcausewayapi625C0D11',
      'DatabaseSecretcausewayreader59750123',
    ]);
  });
});

test('a platform without a database has no network, no cluster and no tasks', () => {
  const template = templateOf(sandbox({}, { database: false }).platform);

  template.resourceCountIs('AWS::RDS::DBCluster', 0);
  template.resourceCountIs('AWS::EC2::VPC', 0);
  template.resourcePropertiesCountIs('AWS::ApiGateway::Resource', { PathPart: 'tasks' }, 0);
  expect(Object.keys(template.findOutputs('*'))).not.toContain('CausewayDatabase');
});

test('a standby is a second instance', () => {
  templateOf(sandbox({}, { database: { standby: true } }).platform).resourceCountIs('AWS::RDS::DBInstance', 2);
});

test('an environment that is thrown away leaves no database, table or log behind', () => {
  const template = templateOf(sandbox({ removal: 'destroy' }).platform);

  template.hasResource('AWS::RDS::DBCluster', {
    DeletionPolicy: 'Delete',
    Properties: Match.objectLike({ DeletionProtection: false }),
  });
  template.allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Delete' });
  template.allResources('AWS::Logs::LogGroup', { DeletionPolicy: 'Delete' });
});

test('a database that may pause does so after half an hour', () => {
  const { platform } = sandbox({ databaseCapacity: { min: 0, max: 8 } });

  templateOf(platform).hasResourceProperties('AWS::RDS::DBCluster', {
    ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 8, SecondsUntilAutoPause: 1800 },
  });
});

test('a prefix begins the names of stacks and APIs', () => {
  const { platform, stack } = sandbox({ prefix: 'test-' });

  expect([platform.stackName, stack.stackName]).toEqual(['test-Platform', 'test-Lot']);
  templateOf(platform).hasResourceProperties('AWS::ApiGateway::RestApi', { Name: 'test-Management' });
});

test('alarms tell the topic of the environment', () => {
  const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:alarms';

  templateOf(sandbox({ alarmTopicArn }).platform).allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [alarmTopicArn],
  });
});

test('the platform knows no integration', () => {
  const { platform } = sandbox();

  expect(JSON.stringify(templateOf(platform).toJSON())).not.toContain('Fn::ImportValue');
});
