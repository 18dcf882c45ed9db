import { expect, test } from '@jest/globals';
import { generateSecretString } from '../../../local/secrets/generate-secret-string.ts';

test('without a template the secret is the password', () => {
  expect(generateSecretString({ PasswordLength: 20, ExcludePunctuation: true })).toMatch(/^[A-Za-z0-9]{20}$/);
});

test('a template gets the password under its key and keeps the rest', () => {
  const text = generateSecretString({
    SecretStringTemplate: '{"username":"causeway_api"}',
    GenerateStringKey: 'password',
    ExcludePunctuation: true,
  });

  expect(JSON.parse(text)).toEqual({ username: 'causeway_api', password: expect.stringMatching(/^[A-Za-z0-9]{32}$/) });
});

test.each([
  [{ SecretStringTemplate: '{}' }],
  [{ GenerateStringKey: 'password' }],
  [{ SecretStringTemplate: 'no json', GenerateStringKey: 'password' }],
  [{ SecretStringTemplate: '[]', GenerateStringKey: 'password' }],
])('%j is refused', (options) => {
  expect(() => generateSecretString(options)).toThrow(/SecretStringTemplate/);
});
