import { expect, test } from '@jest/globals';
import { resolveDynamicReferences } from '../../../local/template/dynamic-references.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:Db-AbCdEf';
const secrets: Record<string, string> = { [ARN]: '{"username":"admin","password":"p:}w"}', plain: 'text' };
const resolve = (value: unknown) => resolveDynamicReferences(value, (id) => secrets[id]);

test.each<[string, unknown, unknown]>([
  ['a key of a secret by ARN', `{{resolve:secretsmanager:${ARN}:SecretString:username::}}`, 'admin'],
  ['a whole secret by name', '{{resolve:secretsmanager:plain}}', 'text'],
  ['two in one text', `{{resolve:secretsmanager:plain:SecretString}}/{{resolve:secretsmanager:plain}}`, 'text/text'],
  ['the current version by its stage', `{{resolve:secretsmanager:${ARN}:SecretString:password:AWSCURRENT:}}`, 'p:}w'],
])('%s is resolved', (_, text, expected) => {
  expect(resolve({ list: [text] })).toEqual({ list: [expected] });
});

test.each([
  ['{{resolve:secretsmanager:missing}}', 'there is no such secret'],
  [`{{resolve:secretsmanager:${ARN}:SecretString:other}}`, 'the secret has no key "other"'],
  ['{{resolve:secretsmanager:plain:SecretString::AWSPREVIOUS}}', 'only the current version'],
  ['{{resolve:ssm:/path}}', 'dynamic references to ssm are not served locally'],
])('%s is refused', (text, reason) => {
  expect(() => resolve(text)).toThrow(reason);
});
