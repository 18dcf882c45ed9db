import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = new URL('../../', import.meta.url).pathname;
const BIN = join(ROOT, 'node_modules/.bin');
const folder = mkdtempSync(join(tmpdir(), 'causeway-synth-'));

interface Outcome {
  readonly code: number;
  readonly output: string;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `npm run synth` on a machine that knows nothing of AWS. */
async function synth(outdir: string, ...flags: string[]): Promise<Outcome> {
  const environment = { PATH: `${BIN}:/usr/local/bin:/usr/bin:/bin`, HOME: folder };
  const command = ['synth', '--quiet', '--output', outdir, ...flags];
  try {
    const { stdout, stderr } = await promisify(execFile)(join(BIN, 'cdk'), command, { cwd: ROOT, env: environment });

    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };

    return { code, output: stdout + stderr };
  }
}

describe('the parking lot', () => {
  const outdir = join(folder, 'parking');
  let outcome: Outcome;

  beforeAll(async () => {
    outcome = await synth(outdir);
  }, 180_000);

  test('synthesizes without credentials, validator and security rules content', () => {
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.output).not.toMatch(/\b(ERROR|WARN(ING)?)\b/);
    expect(readdirSync(outdir).filter((name) => name.endsWith('.template.json'))).toEqual([
      'CausewayAccount.template.json',
      'CausewayParking.template.json',
      'CausewayPlatform.template.json',
    ]);
  });

  test('says what it costs while nothing happens', () => {
    expect(outcome.output).toMatch(/CausewayPlatform costs about \$\d+ a month while idle/);
  });

  test('writes no secret: none is known before deployment', () => {
    const findings = filesBelow(outdir)
      .filter((file) => file.endsWith('.json'))
      .flatMap((file) => secretsIn(JSON.parse(readFileSync(file, 'utf8')), file));

    expect(filesBelow(outdir).length).toBeGreaterThan(20);
    expect(secretsIn({ MasterUserPassword: 'hunter2' }, 'a secret is found')).toHaveLength(1);
    expect(findings).toEqual([]);
  });

  test('every bundle stays below 400 KB', () => {
    const bundles = filesBelow(outdir).filter((file) => file.endsWith('index.mjs'));

    expect(bundles.length).toBeGreaterThan(10);
    expect(bundles.filter((file) => statSync(file).size > 400 * 1024)).toEqual([]);
  });
});

test('what the validator and the security rules find stops the synthesis', async () => {
  const { code, output } = await synth(
    join(folder, 'broken'),
    '--context',
    `integration=${join(ROOT, 'test/acceptance/broken-integration.ts')}`,
  );

  expect(code).not.toBe(0);
  expect(output).toContain('StreamMode');
  expect(output).toMatch(/AwsSolutions-S10/);
}, 180_000);

/** Literal values where a password, key or token would stand; what CloudFormation resolves or generates is none. */
function secretsIn(value: unknown, at: string, key = ''): string[] {
  if (typeof value === 'string') {
    const named = /(password|secretstring|secretkey|accesskey|appsecret|appcode|token)$/i.test(key);
    const shaped = /AKIA[0-9A-Z]{16}|-----BEGIN|(?:password|secret)["']?\s*[:=]\s*["'][^"'${}]{8,}["']/i.test(value);

    return (named && value !== '' && !/^\{\{resolve:/.test(value)) || shaped
      ? [`${at}: ${key} ${value.slice(0, 80)}`]
      : [];
  }
  if (typeof value !== 'object' || value === null) {
    return [];
  }

  return Object.entries(value).flatMap(([name, inner]) => secretsIn(inner, at, Array.isArray(value) ? key : name));
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
