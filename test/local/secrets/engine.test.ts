import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type SecretsManager, secretsManager } from './secrets-manager.ts';

let aws: SecretsManager;

beforeEach(async () => {
  aws = await secretsManager();
});

afterEach(() => aws.stop());

test('a secret keeps its ARN, with six characters at its end, across values and restarts', async () => {
  const created = await aws.engine.put('app/owner', 'one');
  await aws.restart();
  const changed = await aws.engine.put('app/owner', 'two');

  expect(created.arn).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:app\/owner-[A-Za-z0-9]{6}$/);
  expect(changed.arn).toBe(created.arn);
  expect(changed.versionId).not.toBe(created.versionId);
  for (const id of ['app/owner', created.arn, created.arn.slice(0, -7)]) {
    expect(aws.engine.find(id)).toEqual(changed);
  }
});

test('the same text again is no new version', async () => {
  const { versionId } = await aws.engine.put('app', 'one');

  expect((await aws.engine.put('app', 'one')).versionId).toBe(versionId);
});

test('a removed secret is gone; a new one of its name has another ARN', async () => {
  const { arn } = await aws.engine.put('app', 'one');
  await aws.engine.remove(arn);

  expect(aws.engine.find('app')).toBeUndefined();
  expect((await aws.engine.put('app', 'one')).arn).not.toBe(arn);
  await aws.engine.remove('never was');
});

test('nobody else on the machine can read the file', async () => {
  await aws.engine.put('app', 'one');
  const folder = join(aws.state, 'secrets');

  expect(readdirSync(folder)).toEqual(['secrets.json']);
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('a secret of the template that was marked for deletion by hand is there again', async () => {
  await aws.engine.put('app', 'one');
  await aws.call('DeleteSecret', { SecretId: 'app' });
  expect(aws.engine.find('app')).toBeUndefined();

  expect((await aws.engine.put('app', 'one')).secretString).toBe('one');
});
