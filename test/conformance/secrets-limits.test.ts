import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSecretsEngine } from '../../local/secrets/engine.ts';
import { type Endpoint, endpoint } from './endpoint.ts';
import { refused } from './refused.ts';

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

const create = (input: Partial<CreateSecretCommandInput>) =>
  refused(client.send(new CreateSecretCommand({ Name: 'fits', SecretString: 'x', ...input })));

test('a secret has at most 65,536 bytes, text or not', async () => {
  expect((await create({ SecretString: 'x'.repeat(65_536) })).name).toBe('none');
  expect((await create({ Name: 'a', SecretString: 'x'.repeat(65_537) })).name).toBe('ValidationException');
  expect((await create({ Name: 'b', SecretString: 'ü'.repeat(32_769) })).name).toBe('ValidationException');
  expect((await create({ Name: 'c', SecretString: undefined, SecretBinary: new Uint8Array(65_537) })).name).toBe(
    'ValidationException',
  );
});

test('a name has at most 512 characters, a description 2,048, and there are at most 50 tags', async () => {
  const Tags = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: 'v' }));

  expect((await create({ Name: 'n'.repeat(512) })).name).toBe('none');
  expect((await create({ Name: 'n'.repeat(513) })).name).toBe('ValidationException');
  expect((await create({ Name: 'd', Description: 'd'.repeat(2049) })).name).toBe('ValidationException');
  expect((await create({ Name: 't', Tags })).name).toBe('ValidationException');
});
