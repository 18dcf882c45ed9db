import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { MysqlClusterDefinition, SecretsEngine } from '../../../local/engines.ts';
import { rdsDbCluster } from '../../../local/resources/rds-db-cluster.ts';
import { rdsDbClusterParameterGroup } from '../../../local/resources/rds-db-cluster-parameter-group.ts';
import { rdsDbInstance } from '../../../local/resources/rds-db-instance.ts';
import { secretsManagerSecret } from '../../../local/resources/secrets-manager-secret.ts';
import { secretsManagerSecretTargetAttachment } from '../../../local/resources/secrets-manager-secret-target-attachment.ts';
import { createSecretsEngine } from '../../../local/secrets/engine.ts';
import type { Applied, Resource } from '../../../local/template/resource.ts';

const CLUSTER_ARN = 'arn:aws:rds:us-east-1:000000000000:cluster:stack-database';
const CLUSTER = {
  Engine: 'aurora-mysql',
  DatabaseName: 'integration',
  MasterUsername: 'master',
  ManageMasterUserPassword: true,
  EnableHttpEndpoint: true,
};

let state: string;
let secrets: SecretsEngine;
let clusters: MysqlClusterDefinition[];

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'causeway-resources-'));
  secrets = createSecretsEngine({ state });
  await secrets.start();
  clusters = [];
});

afterEach(() => rmSync(state, { recursive: true }));

test('a cluster starts with its parameter group, and RDS keeps its master password', async () => {
  const group = await apply(rdsDbClusterParameterGroup, { Parameters: { innodb_lock_wait_timeout: 5 } });
  const properties = { ...CLUSTER, DBClusterParameterGroupName: group.ref };
  const applied = await apply(rdsDbCluster, properties);
  const again = await apply(rdsDbCluster, properties);

  const arn = applied.attributes?.['MasterUserSecret.SecretArn'] as string;
  const login = JSON.parse(secrets.find(arn)?.secretString ?? '');
  expect(again).toEqual(applied);
  expect(login).toEqual({ username: 'master', password: expect.stringMatching(/^[^/@"'\\ ]{28}$/) });
  expect(clusters).toEqual(
    Array.from({ length: 2 }, () => ({
      identifier: 'stack-database',
      database: 'integration',
      masterUsername: 'master',
      masterPassword: login.password,
      parameters: { innodb_lock_wait_timeout: '5' },
      dataApiEnabled: true,
    })),
  );
  expect(applied.attributes).toMatchObject({
    DBClusterArn: CLUSTER_ARN,
    'Endpoint.Address': '127.0.0.1',
    'Endpoint.Port': '3307',
  });
});

test.each([
  [{ ...CLUSTER, Engine: 'aurora-postgresql' }, 'only aurora-mysql is'],
  [{ ...CLUSTER, ManageMasterUserPassword: false }, 'MasterUserPassword or ManageMasterUserPassword is required'],
  [{ Engine: 'aurora-mysql' }, 'MasterUsername is required'],
])('a cluster that cannot be run says why: case %#', async (properties, message) => {
  await expect(apply(rdsDbCluster, properties)).rejects.toThrow(message);
});

test('an instance of no cluster is refused', async () => {
  await expect(apply(rdsDbInstance, { Engine: 'mysql' })).rejects.toThrow('DBClusterIdentifier names none');
});

test('a generated secret is made once, and again when what it is made from changes', async () => {
  const GenerateSecretString = { SecretStringTemplate: '{"username":"api"}', GenerateStringKey: 'password' };
  const first = await apply(secretsManagerSecret, { GenerateSecretString });
  const value = secrets.find(first.ref)?.secretString;

  expect(await apply(secretsManagerSecret, { GenerateSecretString }, { GenerateSecretString })).toEqual(first);
  expect(secrets.find(first.ref)?.secretString).toBe(value);
  await apply(
    secretsManagerSecret,
    { GenerateSecretString: { ...GenerateSecretString, PasswordLength: 40 } },
    { GenerateSecretString },
  );
  expect(secrets.find(first.ref)?.secretString).not.toBe(value);
});

test('what a function has written into a secret survives the next start', async () => {
  const { ref } = await apply(secretsManagerSecret, { GenerateSecretString: {} });
  await secrets.put(secrets.find(ref)?.name ?? '', '{"key":"written"}');
  await apply(secretsManagerSecret, { GenerateSecretString: {} }, { GenerateSecretString: {} });

  expect(secrets.find(ref)?.secretString).toBe('{"key":"written"}');
});

test('a secret learns where its database is', async () => {
  const { ref } = await apply(secretsManagerSecret, { SecretString: '{"username":"u","password":"p"}' });
  await apply(rdsDbCluster, CLUSTER);
  const target = { SecretId: ref, TargetId: 'stack-database', TargetType: 'AWS::RDS::DBCluster' };

  expect((await apply(secretsManagerSecretTargetAttachment, target)).ref).toBe(ref);
  expect(JSON.parse(secrets.find(ref)?.secretString ?? '')).toEqual({
    username: 'u',
    password: 'p',
    engine: 'mysql',
    host: '127.0.0.1',
    port: 3307,
    dbname: 'integration',
    dbClusterIdentifier: 'stack-database',
  });
});

const groups = new Map<string, Record<string, string>>();

async function apply(resource: Resource, properties: object, before?: object): Promise<Applied> {
  const cluster = {
    arn: CLUSTER_ARN,
    host: '127.0.0.1',
    port: 3307,
    socketPath: '',
    database: 'integration',
    dataApiEnabled: true,
  };
  const mysql = {
    applyParameterGroup: (name: string, parameters: Record<string, string>) => groups.set(name, parameters),
    parameterGroup: (name: string) => groups.get(name),
    cluster: (arn: string) => (clusters.length > 0 && arn === CLUSTER_ARN ? cluster : undefined),
    async applyCluster(definition: MysqlClusterDefinition) {
      clusters.push(definition);
      return cluster;
    },
  };
  const context = {
    properties,
    engines: { secrets, mysql },
    name: () => 'Stack-Database',
    ...(before !== undefined && { previous: { properties: before, ref: '' } }),
  };

  return resource.apply(context as never);
}
