import { expect, test } from '@jest/globals';
import { createIamEngine } from '../../../local/iam/iam-engine.ts';

const trust = {
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
};
/** A policy of exactly so many characters. */
function policy(characters: number): unknown {
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '' };
  const empty = JSON.stringify({ Statement: [statement] }).length;

  return { Statement: [{ ...statement, Resource: 'x'.repeat(characters - empty) }] };
}

function role() {
  const iam = createIamEngine();
  iam.putRole({ name: 'R', trust, inline: [{ name: 'own', document: policy(5000) }], managedPolicyArns: [] });

  return iam;
}

test('the inline policies of a role have at most 10,240 characters together', () => {
  const iam = role();
  iam.putPolicy('a', ['R'], policy(5240));

  expect(() => iam.putPolicy('b', ['R'], policy(100))).toThrow(
    'Maximum policy size of 10240 bytes exceeded for role R',
  );
});

test('a managed policy has at most 6,144 characters, and a role at most ten of them', () => {
  const iam = role();
  const arn = (n: number) => `arn:aws:iam::000000000000:policy/p${n}`;

  expect(() => iam.putPolicy(arn(99), ['R'], policy(6145))).toThrow('Cannot exceed quota for PolicySize: 6144');
  for (let n = 0; n < 10; n += 1) iam.putPolicy(arn(n), ['R'], policy(6144));
  expect(() => iam.putPolicy(arn(10), ['R'], policy(100))).toThrow('Cannot exceed quota for PoliciesPerRole: 10');
});

test('a trust policy has at most 2,048 characters', () => {
  const long = { Statement: [...trust.Statement, { ...trust.Statement[0], Sid: 'x'.repeat(2048) }] };

  expect(() => role().putRole({ name: 'L', trust: long, inline: [], managedPolicyArns: [] })).toThrow(
    'Cannot exceed quota for ACLSizePerRole: 2048',
  );
});
