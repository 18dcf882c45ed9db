import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSecretsEngine } from '../../local/secrets/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';

let aws: Endpoint;
let client: SecretsManagerClient;

beforeAll(async () => {
  aws = await endpoint({ secrets: createSecretsEngine });
  client = new SecretsManagerClient(aws.client);
});

afterAll(async () => {
  client?.destroy();
  await aws?.stop();
});

test('a secret is created, changed and read by version', async () => {
  const { ARN } = await client.send(new CreateSecretCommand({ Name: 'app', SecretString: 'ein Geheimnis: ü' }));
  const { VersionId } = await client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: 'zwei' }));

  const current = await client.send(new GetSecretValueCommand({ SecretId: 'app' }));
  const previous = await client.send(new GetSecretValueCommand({ SecretId: 'app', VersionStage: 'AWSPREVIOUS' }));

  expect(current).toMatchObject({ ARN, VersionId, SecretString: 'zwei', CreatedDate: expect.any(Date) });
  expect(previous.SecretString).toBe('ein Geheimnis: ü');
});

test('bytes are bytes', async () => {
  await client.send(new CreateSecretCommand({ Name: 'key', SecretBinary: new Uint8Array([0, 255]) }));

  expect((await client.send(new GetSecretValueCommand({ SecretId: 'key' }))).SecretBinary).toEqual(
    new Uint8Array([0, 255]),
  );
});

test('descriptions and lists say dates and stages', async () => {
  const description = await client.send(new DescribeSecretCommand({ SecretId: 'app' }));
  const { SecretList } = await client.send(new ListSecretsCommand({}));

  expect(description.CreatedDate).toBeInstanceOf(Date);
  expect(Object.values(description.VersionIdsToStages ?? {})).toEqual([['AWSCURRENT'], ['AWSPREVIOUS']]);
  expect(SecretList?.map(({ Name }) => Name)).toEqual(['app', 'key']);
});

test('errors are the exceptions of the SDK', async () => {
  await expect(client.send(new CreateSecretCommand({ Name: 'app' }))).rejects.toBeInstanceOf(ResourceExistsException);
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'x' }))).rejects.toBeInstanceOf(
    ResourceNotFoundException,
  );
});

test('what IAM denies is not read, and contents reach no log', async () => {
  aws.denied.add('secretsmanager:GetSecretValue');
  await expect(client.send(new GetSecretValueCommand({ SecretId: 'app' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  aws.denied.clear();

  const log = readFileSync(join(aws.host.state, 'logs', 'aws.log'), 'utf8');
  expect(log).toContain('PutSecretValue');
  expect(log).not.toMatch(/Geheimnis|zwei/);
});
