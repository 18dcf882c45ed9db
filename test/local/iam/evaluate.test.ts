import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evaluate } from '../../../local/iam/evaluate.ts';
import { readPolicy } from '../../../local/iam/policy.ts';

const verdict = (statements: readonly unknown[], action: string, resource: string, keys = {}) =>
  evaluate(readPolicy('p', { Statement: statements }), { action, resource, keys });
const allow = (Action: unknown, Resource: unknown, Condition?: unknown) => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition,
});

const actions = fc.constantFrom('kinesis:GetRecords', 'kinesis:PutRecord', 'kinesis:*', '*', 's3:Get?bject');
const resources = fc.constantFrom('*', 'arn:a', 'arn:b', 'arn:?');
const statement = fc.record({
  Effect: fc.constantFrom('Allow', 'Deny'),
  Action: fc.array(actions),
  Resource: resources,
});
const request = fc.record({
  action: fc.constantFrom('kinesis:GetRecords', 'kinesis:PutRecord', 's3:GetObject'),
  resource: fc.constantFrom('arn:a', 'arn:b'),
});

test('without a statement nothing is allowed', () => {
  fc.assert(
    fc.property(request, ({ action, resource }) => {
      expect(verdict([], action, resource)).toBe('implicitly denied');
    }),
  );
});

test('adding an allow never takes a right away, adding a deny never gives one', () => {
  const allowed = (statements: readonly unknown[], { action, resource }: { action: string; resource: string }) =>
    verdict(statements, action, resource) === 'allowed';

  fc.assert(
    fc.property(fc.array(statement), statement, request, (before, added, asked) => {
      const [was, is] = [allowed(before, asked), allowed([...before, added], asked)];
      expect(added.Effect === 'Allow' ? !was || is : was || !is).toBe(true);
    }),
  );
});

test('the order of the statements does not matter', () => {
  fc.assert(
    fc.property(fc.array(statement), request, (statements, { action, resource }) => {
      expect(verdict([...statements].reverse(), action, resource)).toBe(verdict(statements, action, resource));
    }),
  );
});

test('a deny wins over an allow', () => {
  const statements = [allow('*', '*'), { Effect: 'Deny', Action: 'kinesis:PutRecord', Resource: 'arn:a' }];

  expect(verdict(statements, 'kinesis:PutRecord', 'arn:a')).toBe('explicitly denied');
  expect(verdict(statements, 'kinesis:PutRecord', 'arn:b')).toBe('allowed');
});

test('NotAction and NotResource cover everything but what they name', () => {
  const statements = [{ Effect: 'Allow', NotAction: 'iam:*', NotResource: ['arn:secret'] }];

  expect(verdict(statements, 's3:GetObject', 'arn:a')).toBe('allowed');
  expect(verdict(statements, 'iam:CreateRole', 'arn:a')).toBe('implicitly denied');
  expect(verdict(statements, 's3:GetObject', 'arn:secret')).toBe('implicitly denied');
});

test('actions do not care for case, resources do', () => {
  expect(verdict([allow('KINESIS:getrecords', 'arn:A')], 'kinesis:GetRecords', 'arn:A')).toBe('allowed');
  expect(verdict([allow('kinesis:GetRecords', 'arn:A')], 'kinesis:GetRecords', 'arn:a')).toBe('implicitly denied');
});

test('a variable in a resource stands for the value of the request, literally', () => {
  const statements = [allow('*', 'arn:${aws:PrincipalArn}/x')];

  expect(verdict(statements, 'a:B', 'arn:me/x', { 'aws:PrincipalArn': 'me' })).toBe('allowed');
  expect(verdict(statements, 'a:B', 'arn:me/x', { 'aws:PrincipalArn': '*' })).toBe('implicitly denied');
  expect(verdict(statements, 'a:B', 'arn:me/x')).toBe('implicitly denied');
});

test.each<[string, unknown, Record<string, string | readonly string[]>, boolean]>([
  ['StringEquals, one of several', { StringEquals: { k: ['a', 'b'] } }, { k: 'b' }, true],
  ['StringEquals, missing key', { StringEquals: { k: 'a' } }, {}, false],
  ['StringEqualsIfExists, missing key', { StringEqualsIfExists: { k: 'a' } }, {}, true],
  ['StringNotEquals, none of several', { StringNotEquals: { k: ['a', 'b'] } }, { k: 'b' }, false],
  ['StringNotEquals, missing key', { StringNotEquals: { k: 'a' } }, {}, true],
  ['StringLike', { StringLike: { k: 'a*' } }, { k: 'abc' }, true],
  ['StringEqualsIgnoreCase', { StringEqualsIgnoreCase: { k: 'AB' } }, { k: 'ab' }, true],
  [
    'ArnLike',
    { ArnLike: { 'aws:SourceArn': 'arn:aws:iot:*:*:rule/*' } },
    { 'AWS:SourceArn': 'arn:aws:iot:e:1:rule/x' },
    true,
  ],
  ['Bool', { Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'true' }, false],
  ['Null true', { Null: { k: 'true' } }, {}, true],
  ['Null false', { Null: { k: 'false' } }, {}, false],
  ['NumericLessThan', { NumericLessThan: { k: '10' } }, { k: '9' }, true],
  ['DateGreaterThan', { DateGreaterThan: { k: '2026-01-01T00:00:00Z' } }, { k: '2025-01-01T00:00:00Z' }, false],
  ['ForAllValues', { 'ForAllValues:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }, false],
  ['ForAllValues, missing key', { 'ForAllValues:StringEquals': { k: ['a'] } }, {}, true],
  ['ForAnyValue', { 'ForAnyValue:StringEquals': { k: ['a', 'b'] } }, { k: ['a', 'c'] }, true],
  ['two operators, one of them failing', { StringEquals: { k: 'a' }, Null: { l: 'false' } }, { k: 'a' }, false],
])('the condition %s holds or not', (_, condition, keys, holds) => {
  expect(verdict([allow('*', '*', condition)], 'a:B', 'arn:x', keys)).toBe(holds ? 'allowed' : 'implicitly denied');
});

test.each([
  [
    { Effect: 'Allow', Action: '*', Resource: '*', Condition: { IpAddress: { k: '1' } } },
    'operator IpAddress is not known',
  ],
  [{ Effect: 'Permit', Action: '*', Resource: '*' }, 'Effect: received "Permit"'],
  [{ Effect: 'Allow', Resource: '*' }, 'neither Action nor NotAction'],
  [{ Effect: 'Allow', Action: '*', Ressource: '*' }, 'the element Ressource is not known'],
])('a statement that would not be understood is refused at load: %j', (bad, reason) => {
  expect(() => verdict([bad], 'a:B', 'arn:x')).toThrow(reason);
});
