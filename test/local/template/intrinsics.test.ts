import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { resolveIntrinsics, type Scope } from '../../../local/template/intrinsics.ts';

const scope: Scope = {
  stack: 'Parking',
  ref: (name) => `ref:${name}`,
  attribute: (logicalId, attribute) => (attribute === 'List' ? ['a', 'b'] : `${logicalId}!${attribute}`),
  condition: (name) => name === 'Yes',
  mapping: (...keys) => keys.join('/'),
  imported: (name) => `imported:${name}`,
  stackOutput: (stack, output) => `${stack}>${output}`,
};
const resolve = (value: unknown) => resolveIntrinsics(value, scope);

test.each<[string, unknown, unknown]>([
  ['Ref', { Ref: 'Stream' }, 'ref:Stream'],
  ['Ref of a pseudo parameter', { Ref: 'AWS::AccountId' }, '000000000000'],
  ['Ref of the stack', { Ref: 'AWS::StackName' }, 'Parking'],
  ['Fn::GetAtt with a list', { 'Fn::GetAtt': ['Stream', 'Arn'] }, 'Stream!Arn'],
  ['Fn::GetAtt with a text', { 'Fn::GetAtt': 'Db.Endpoint.Address' }, 'Db!Endpoint.Address'],
  ['Fn::Join', { 'Fn::Join': [':', ['arn', { Ref: 'AWS::Partition' }, 1]] }, 'arn:aws:1'],
  ['Fn::Join over a list attribute', { 'Fn::Join': ['-', { 'Fn::GetAtt': ['X', 'List'] }] }, 'a-b'],
  ['Fn::Split and Fn::Select', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  ['Fn::Sub', { 'Fn::Sub': 'x ${A} ${B.C} ${!D} ${AWS::Region}' }, 'x ref:A B!C ${D} us-east-1'],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${A}-${B}', { A: { Ref: 'Q' } }] }, 'ref:Q-ref:B'],
  ['Fn::If taken', { 'Fn::If': ['Yes', 1, { Ref: 'Nothing' }] }, 1],
  ['Fn::If left', { 'Fn::If': ['No', 1, 2] }, 2],
  ['Fn::FindInMap', { 'Fn::FindInMap': ['M', { Ref: 'AWS::Region' }, 'k'] }, 'M/us-east-1/k'],
  ['Fn::ImportValue', { 'Fn::ImportValue': 'Platform:Table' }, 'imported:Platform:Table'],
  ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'P', OutputName: 'Url' } }, 'P>Url'],
  ['Fn::Base64', { 'Fn::Base64': { Ref: 'A' } }, Buffer.from('ref:A').toString('base64')],
  ['Fn::GetAZs', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, 'us-east-1a'],
])('%s is resolved', (_, value, expected) => {
  expect(resolve({ deep: [value] })).toEqual({ deep: [expected] });
});

test('AWS::NoValue takes its property, or its place in a list, away', () => {
  expect(resolve({ a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }, 2] })).toEqual({ b: [1, 2] });
});

test('an intrinsic function nobody serves is refused by name', () => {
  expect(() => resolve({ a: { 'Fn::Transform': {} } })).toThrow('stack Parking: the intrinsic function Fn::Transform');
});

test('an index outside of the list is refused', () => {
  expect(() => resolve({ 'Fn::Select': [3, ['a']] })).toThrow('there is no item 3');
});

test('a value without intrinsic functions stays what it is', () => {
  const plain = fc.jsonValue().filter((value) => !/"(Ref|Fn::\w+|Condition)":/.test(JSON.stringify(value)));

  fc.assert(
    fc.property(plain, (value) => {
      expect(resolve({ value })).toEqual({ value });
    }),
  );
});
