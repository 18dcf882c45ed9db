import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import mysql from 'mysql2/promise';
import { call } from './caller.ts';
import {
  eventually,
  PARKING_ASSEMBLY,
  type Platform,
  PlatformDidNotStart,
  removeFolder,
  startPlatform,
  temporaryFolder,
} from './platform.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  Metadata?: Record<string, string>;
}
type Statement = { Action: string | string[]; Resource: unknown };

const folder = temporaryFolder();
const assembly = PARKING_ASSEMBLY as string;
let copies = 0;
let platform: Platform | undefined;

afterAll(() => removeFolder(folder));

describe('a copy with another rule, batch size, authorizer and function', () => {
  let changed = 0;
  const answers = async () => {
    const { apis, apps } = (platform as Platform).file;
    const headers = { 'X-Apig-AppCode': apps['ParkingOwner']?.appCodes[0] ?? '' };
    const [free, history] = [`${apis['Parking']?.url}/parking/free`, `${apis['Parking']?.url}/parking/history`];

    return [
      await call(free, { headers }),
      await call(history, { headers, query: { deviceId: 'S-001' } }),
      await call(free, { headers }),
      await call(free),
    ].map(({ status, body }) => [status, (body as { error_code?: string }).error_code]);
  };

  beforeAll(async () => {
    const copy = edited(({ Type, Properties, Metadata }, logicalId, folderOfCopy) => {
      const rule = Properties?.['TopicRulePayload'] as { Sql: unknown; Actions: object[] } | undefined;
      // Those of the integration; the platform's own end in functions.
      if (rule?.Actions.some((action) => 'Kinesis' in action)) {
        rule.Sql = appended(rule.Sql, " WHERE topic(3) <> 'S-001'");
      }
      if (Properties?.['BatchSize'] !== undefined) {
        Properties['BatchSize'] = '2';
      }
      if (Type === 'AWS::ApiGateway::Authorizer') {
        Properties['AuthorizerResultTtlInSeconds'] = 300;
        Properties['IdentitySource'] = 'method.request.header.X-Apig-AppCode';
      }
      if (Type === 'AWS::Lambda::Function' && /NotFound/.test(logicalId)) {
        const file = join(folderOfCopy, Metadata?.['aws:asset:path'] ?? '', 'index.mjs');
        const code = readFileSync(file, 'utf8');
        writeFileSync(file, code.replace('has not been published', 'has not been Published'));
        changed += 1;
      }
    });
    platform = await startPlatform({ assembly: copy });
  }, 120_000);

  afterAll(stop, 60_000);

  test("the rule's SQL and the batch size are the template's", async () => {
    await publish('S-001', 3);
    await publish('S-002', 7);

    const rows = await eventually(historyOf, (found) => found['S-002'] === 7, 10_000);

    expect(rows).toEqual({ 'S-002': 7 });
    const sizes = [...(platform as Platform).logs().matchAll(/"read":(\d+)/g)].map((match) => Number(match[1]));
    expect(Math.max(...sizes)).toBe(2);
  }, 30_000);

  test('a byte of a bundled asset is what runs', async () => {
    const { status, body } = await call(`${platform?.file.apis['Parking']?.url}/nowhere`);

    expect(changed).toBe(1);
    expect([status, body]).toEqual([
      404,
      expect.objectContaining({ error_msg: 'The API does not exist or has not been Published in the environment.' }),
    ]);
  });

  test("an authorizer's cache is the template's: its policy then counts for the same identity, whatever is called", async () => {
    // The policy allows what was called first; a call without the identity source asks nobody.
    expect(await answers()).toEqual([
      [200, undefined],
      [403, expect.any(String)],
      [200, undefined],
      [401, 'APIC.0305'],
    ]);
    await restart(assembly);
    expect(await answers()).toEqual([
      [200, undefined],
      [200, undefined],
      [200, undefined],
      [401, 'APIC.0303'],
    ]);
  }, 120_000);
});

test('without the right to read the stream no event source mapping can be made', async () => {
  const attempt = startPlatform({
    state: join(folder, 'state'),
    assembly: withoutConsumerRight(/^kinesis:GetRecords$/),
  });
  platform = await attempt.catch(() => undefined);

  await expect(attempt).rejects.toThrow(PlatformDidNotStart);
  await expect(attempt).rejects.toThrow(
    /Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM/,
  );
}, 120_000);

describe('a consumer without a right', () => {
  afterAll(stop, 60_000);

  test.each([
    ['secret', /^secretsmanager:GetSecretValue$/, 'secretsmanager:GetSecretValue'],
    ['cluster', /^rds-data:/, 'rds-data:'],
  ])(
    'without the right to the %s it is denied as on AWS, and writes nothing',
    async (_name, action, denied) => {
      const copy = withoutConsumerRight(action);
      if (platform === undefined) platform = await startPlatform({ assembly: copy });
      else await restart(copy);
      await publish('S-001', 3);

      const logs = await eventually(
        async () => platform?.logs() ?? '',
        (text) => text.includes(`is not authorized to perform: ${denied}`),
        10_000,
      );

      expect(logs).toMatch(
        new RegExp(
          `User: arn:aws:sts::\\d{12}:assumed-role/\\S+ is not authorized to perform: ${denied}\\S* on resource: arn:aws:\\S+`,
        ),
      );
      expect(await historyOf()).toEqual({});
    },
    120_000,
  );

  test('with its rights it writes what came meanwhile: no message is lost', async () => {
    await restart(assembly);

    expect(await eventually(historyOf, (found) => found['S-001'] === 6, 20_000)).toEqual({ 'S-001': 6 });
  }, 120_000);
});

async function stop(): Promise<void> {
  await platform?.stop();
  removeFolder(platform?.state ?? '');
  platform = undefined;
}

/** On the same state, as after a deployment. */
async function restart(templates: string): Promise<void> {
  const { state, portBase } = platform as Platform;
  await platform?.stop();
  platform = await startPlatform({ assembly: templates, state, portBase });
}

/** A copy of the assembly in which every resource was shown to `edit`. */
function edited(edit: (resource: Resource, logicalId: string, folderOfCopy: string) => void): string {
  const copy = join(folder, `copy-${copies++}`);
  cpSync(assembly, copy, { recursive: true });
  for (const name of readdirSync(copy).filter((file) => file.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(copy, name), 'utf8')) as { Resources: Record<string, Resource> };
    for (const [logicalId, resource] of Object.entries(template.Resources)) {
      edit(resource, logicalId, copy);
    }
    writeFileSync(join(copy, name), JSON.stringify(template));
  }
  return copy;
}

/** Takes the actions away from the roles of the tasks' consumers, and from nobody else. */
function withoutConsumerRight(action: RegExp): string {
  let removed = 0;
  const copy = edited((resource, logicalId) => {
    if (!/Consumer/.test(logicalId) || !/^AWS::IAM::(Role|Policy)$/.test(resource.Type)) {
      return;
    }
    for (const document of documentsOf(resource)) {
      document.Statement = document.Statement.flatMap((statement) => {
        const actions = [statement.Action].flat();
        const kept = actions.filter((name) => !action.test(name));
        removed += actions.length - kept.length;
        return kept.length === 0 ? [] : [{ ...statement, Action: kept }];
      });
    }
  });
  expect(removed).toBeGreaterThan(0);

  return copy;
}

function documentsOf({ Properties }: Resource): { Statement: Statement[] }[] {
  const inline = (Properties['Policies'] as { PolicyDocument: { Statement: Statement[] } }[] | undefined) ?? [];
  const own = Properties['PolicyDocument'] as { Statement: Statement[] } | undefined;

  return [...inline.map((policy) => policy.PolicyDocument), ...(own === undefined ? [] : [own])];
}

/** Appends text to a string or to the last string of an Fn::Join. */
function appended(value: unknown, text: string): unknown {
  return typeof value === 'string' ? value + text : { 'Fn::Join': ['', [value, text]] };
}

async function publish(device: string, times: number): Promise<void> {
  const file = (platform as Platform).file;
  const login = file.devices.find((candidate) => candidate.device === device);
  const client = await mqtt.connectAsync(file.mqtt.url, { ...login, protocolVersion: 4 });
  for (let n = 0; n < times; n++) {
    await client.publishAsync(login?.publish ?? '', JSON.stringify({ deviceId: device, status: String(n % 2) }), {
      qos: 1,
    });
  }
  await client.endAsync();
}

async function historyOf(): Promise<Record<string, number>> {
  const connection = await mysql.createConnection({ ...(platform as Platform).file.mysql });
  const [rows] = await connection.query('SELECT DeviceId, COUNT(*) AS n FROM ParkingHistory GROUP BY DeviceId');
  await connection.end();

  return Object.fromEntries((rows as { DeviceId: string; n: number }[]).map((row) => [row.DeviceId, row.n]));
}
