import { expect, test } from '@jest/globals';
import { createIamEngine } from '../../../local/iam/iam-engine.ts';

const ROLE = 'arn:aws:iam::000000000000:role/Consumer';
const trust = (service: string) => ({
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
});
const document = (Effect: string, Action: string) => ({ Statement: [{ Effect, Action, Resource: '*' }] });

function consumer(managedPolicyArns: readonly string[] = []) {
  const iam = createIamEngine();
  iam.putRole({ name: 'Consumer', trust: trust('lambda.amazonaws.com'), inline: [], managedPolicyArns });

  return iam;
}

test('a missing right is refused in the words of AWS', () => {
  const iam = consumer();
  const { accessKeyId, sessionToken } = iam.credentials(ROLE, 'ParkingConsumer');
  const caller = iam.holder(accessKeyId, sessionToken)?.principal;

  expect(() =>
    iam.authorize(caller ?? '', 'kinesis:GetRecords', 'arn:aws:kinesis:us-east-1:000000000000:stream/E'),
  ).toThrow(
    'User: arn:aws:sts::000000000000:assumed-role/Consumer/ParkingConsumer is not authorized to perform: kinesis:GetRecords on resource: arn:aws:kinesis:us-east-1:000000000000:stream/E because no identity-based policy allows the kinesis:GetRecords action',
  );
});

test('a policy counts for the roles it names, from when it is put until it is removed', () => {
  const iam = consumer();
  const may = () => iam.authorize(ROLE, 's3:GetObject', 'arn:x');

  expect(may).toThrow('is not authorized to perform: s3:GetObject');
  iam.putPolicy('Read', ['Consumer'], document('Allow', 's3:*'));
  expect(may).not.toThrow();
  iam.removePolicy('Read');
  expect(may).toThrow('is not authorized');
});

test('a role counts as it is now: put again, removed', () => {
  const iam = consumer();
  const may = () => iam.authorize(ROLE, 's3:GetObject', 'arn:x');
  const put = (Effect: string) => {
    const inline = [{ name: 'Own', document: document(Effect, 's3:*') }];
    iam.putRole({ name: 'Consumer', trust: trust('lambda.amazonaws.com'), inline, managedPolicyArns: [] });
  };

  put('Allow');
  expect(may).not.toThrow();
  put('Deny');
  expect(may).toThrow('explicit deny');
  put('Allow');
  expect(may).not.toThrow();
  iam.removeRole('Consumer');
  expect(may).toThrow('is not authorized');
});

test('an explicit deny says so', () => {
  const iam = consumer();
  iam.putPolicy('All', ['Consumer'], document('Allow', '*'));
  iam.putPolicy('No', ['Consumer'], document('Deny', 's3:*'));

  expect(() => iam.authorize(ROLE, 's3:GetObject', 'arn:x')).toThrow(
    'with an explicit deny in an identity-based policy',
  );
});

test("a role takes managed policies by ARN, the template's and AWS's own", () => {
  const own = 'arn:aws:iam::000000000000:policy/Own';
  const iam = consumer([own, 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']);
  iam.putPolicy(own, [], document('Allow', 'iot:Publish'));

  expect(() => iam.authorize(ROLE, 'logs:PutLogEvents', 'arn:x')).not.toThrow();
  expect(() => iam.authorize(ROLE, 'iot:Publish', 'arn:x')).not.toThrow();
});

test('an AWS managed policy that is not known here is refused by name', () => {
  expect(() => consumer(['arn:aws:iam::aws:policy/AdministratorAccess'])).toThrow(
    'the managed policy arn:aws:iam::aws:policy/AdministratorAccess is not known here',
  );
});

test('only the services of the trust policy may take the role', () => {
  const iam = consumer();

  expect(iam.assume(ROLE, 'lambda.amazonaws.com').roleArn).toBe(ROLE);
  expect(() => iam.assume(ROLE, 'iot.amazonaws.com')).toThrow(
    `User: iot.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
  );
  expect(() => iam.assume('arn:aws:iam::000000000000:role/None', 'iot.amazonaws.com')).toThrow('is not authorized');
});

test('credentials belong together, and end with the platform', async () => {
  const iam = consumer();
  const [first, second] = [iam.credentials(ROLE, 'a'), iam.credentials(ROLE, 'b')];

  expect(iam.holder(first.accessKeyId, first.sessionToken)?.principal.sessionArn).toMatch(/Consumer\/a$/);
  expect(iam.holder(first.accessKeyId, second.sessionToken)).toBeUndefined();
  expect(iam.holder(first.accessKeyId, '')).toBeUndefined();
  await iam.stop();
  expect(iam.holder(first.accessKeyId, first.sessionToken)).toBeUndefined();
});
