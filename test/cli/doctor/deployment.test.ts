import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { idleCosts } from '../../../cli/doctor/idle-costs.ts';
import { QUOTAS, quotaChecks } from '../../../cli/doctor/quotas.ts';
import { regionCheck } from '../../../cli/doctor/regions.ts';
import { cliCheck } from '../../../cli/doctor.ts';
import { run } from '../fake-platform.ts';

const resource = (type: string, properties: object = {}, id = type) => ({
  ...{ id, type },
  properties: properties as Record<string, unknown>,
});
const stack = (...resources: ReturnType<typeof resource>[]) => [{ stack: 'S', bytes: 1000, resources }];
const times = (count: number, type: string, properties: object = {}) =>
  stack(...Array.from({ length: count }, (_, n) => resource(type, properties, `R${n}`)));

test.each([
  ['eu-west-1', 'ok'],
  ['us-east-1', 'ok'],
  ['eu-central-2', 'failed'],
  ['cn-north-1', 'failed'],
  ['us-gov-west-1', 'failed'],
  ['xx-nowhere-1', 'warning'],
  ['Ireland', 'failed'],
  [undefined, 'warning'],
])('the region %s is %s', (region, outcome) => {
  expect(regionCheck(region)).toMatchObject({ outcome });
});

test.each([
  ['2.1148.1', 'ok'],
  ['2.1150.0', 'ok'],
  ['3.0.0', 'failed'],
  ['2.1000.0', 'failed'],
  [undefined, 'failed'],
])('the CDK’s command line %s is %s', (version, outcome) => {
  expect(cliCheck(version)).toMatchObject({ outcome });
});

test.each([
  ['VPCs', times(6, 'AWS::EC2::VPC'), 'failed', '6 of 5'],
  ['VPCs', times(5, 'AWS::EC2::VPC'), 'warning', '5 of 5'],
  ['IoT rules', times(3, 'AWS::IoT::TopicRule'), 'ok', '3 of 1000'],
  ['Kinesis shards', times(2, 'AWS::Kinesis::Stream', { ShardCount: 600 }), 'failed', '1200 of 1000'],
  ['Kinesis on-demand streams', times(2, 'AWS::Kinesis::Stream'), 'ok', '2 of 50'],
  [
    'resources of a REST API',
    times(301, 'AWS::ApiGateway::Resource', { RestApiId: { Ref: 'A' } }),
    'failed',
    '301 of 300',
  ],
  ['resources in a stack', times(450, 'AWS::Logs::LogGroup'), 'warning', '450 of 500'],
  ['managed policies of a role', times(11, 'AWS::IAM::ManagedPolicy', { Roles: [{ Ref: 'R' }] }), 'failed', '11 of 10'],
])('of the quota "%s" it says %#', (name, templates, outcome, found) => {
  expect(quotaChecks(templates).find((check) => check.name === name)).toMatchObject({ outcome, found });
});

test('what deployment fills in counts as long as it will be', () => {
  const joined = {
    'Fn::Join': ['', ['arn:aws:execute-api:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':*']],
  };
  const policy = (resources: number) =>
    stack(
      resource('AWS::IAM::ManagedPolicy', {
        PolicyDocument: { Statement: [{ Resource: Array(resources).fill(joined) }] },
      }),
    );
  const found = (resources: number) =>
    quotaChecks(policy(resources)).find(({ name }) => name === 'characters of a managed policy')?.found;

  const each = 'arn:aws:execute-api:'.length + 12 + 1 + 12 + 2 + 3;
  expect(Number.parseInt(found(11) ?? '', 10) - Number.parseInt(found(10) ?? '', 10)).toBe(each);
});

test('every quota says where it is written', () => {
  expect(QUOTAS.filter(({ source }) => !/^[\w-]+\/.+\.html$/.test(source))).toEqual([]);
});

test('what it costs is told by part', () => {
  const { parts, total } = idleCosts(
    stack(
      resource('AWS::Kinesis::Stream', { ShardCount: 3 }, 'Events'),
      resource('AWS::Kinesis::StreamConsumer', { StreamARN: { 'Fn::GetAtt': ['Events', 'Arn'] } }),
      resource('AWS::RDS::DBCluster', { ServerlessV2ScalingConfiguration: { MinCapacity: 0.5 } }),
      resource('AWS::RDS::DBInstance'),
      resource('AWS::Lambda::Function'),
    ),
  );

  expect(parts.streams).toBeCloseTo(6 * 0.015 * 730);
  expect(parts.database).toBeCloseTo(0.5 * 0.12 * 730);
  expect(parts.secrets).toBeCloseTo(0.4);
  expect(total).toBeCloseTo((parts.streams ?? 0) + (parts.database ?? 0) + (parts.secrets ?? 0));
});

test('a deployment is looked at without credentials, and one that fails has exit code 1', async () => {
  const synthesize = async (_: string, folder: string) => {
    const Resources = { Events: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 1 } } };
    writeFileSync(join(folder, 'S.template.json'), JSON.stringify({ Resources }));

    return folder;
  };
  const good = await run(['doctor', '--integration', 'parking', '--region', 'eu-west-1', '--json'], { synthesize });
  const bad = await run(['doctor', '--integration', 'parking', '--region', 'eu-central-2'], { synthesize });

  expect(good.code).toBe(0);
  expect(JSON.parse(good.stdout)).toMatchObject({ idleDollarsAMonth: { parts: { streams: expect.closeTo(10.95) } } });
  expect(bad.code).toBe(1);
  expect(bad.stdout).toMatch(
    /failed {3}region: eu-central-2 has no Data API.*\n {9}To do: choose one that has: us-east-1/,
  );
  expect(bad.stdout).toMatch(/streams +10.95\n {2}together +10.95/);
});

test('what cannot be synthesized is said so, beside the rest', async () => {
  const { code, stdout } = await run(['doctor', '--integration', 'nothing', '--region', 'eu-west-1']);

  expect(code).toBe(1);
  expect(stdout).toContain('failed   synthesis: nothing is synthesized here');
  expect(stdout).toContain('ok       region: eu-west-1');
});
