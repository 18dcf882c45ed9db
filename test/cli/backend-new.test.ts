import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TEMPLATES } from '../../cli/templates/templates.ts';
import { createSandbox, type Sandbox } from '../../functions/shared/script/sandbox.ts';
import { sandboxFiles } from '../functions/shared/script/sandbox-files.ts';
import { scripts } from '../functions/shared/script/script-fixture.ts';
import { privateRedis } from '../functions/shared/sources/redis-fixture.ts';
import { run } from './fake-platform.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'node_modules/.bin');
const NAME = { kebab: 'order-lines', pascal: 'OrderLines', camel: 'orderLines' };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-new-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function backendNew(name: string, template: string, ...more: string[]) {
  return run(['backend', 'new', name, '--template', template, '--integration', '.', ...more], { cwd: folder });
}

describe.each(Object.keys(TEMPLATES))('template %s', (template) => {
  test('writes one file and says what its stack needs and what to do next', async () => {
    const { code, stdout } = await backendNew(`${template}-one`, template);
    const file = /^Wrote (\S+)\.$/m.exec(stdout)?.[1] ?? '';

    expect(code).toBe(0);
    expect(readFileSync(join(folder, file), 'utf8').length).toBeGreaterThan(100);
    expect(stdout).toMatch(/^ {2}import \{ \w+ \} from '/m);
    expect(stdout).toContain(`npm start -- --integration ${folder}`);
    expect(stdout).toMatch(/^ {2}npx causeway (backend test|api call) GROUP\/\S+/m);
  });

  test('writes nothing over what is there', async () => {
    const { value } = await json(`${template}-two`, template);
    writeFileSync(value.file, 'mine');
    const { code, stderr } = await backendNew(`${template}-two`, template);

    expect([code, readFileSync(value.file, 'utf8')]).toEqual([1, 'mine']);
    expect(stderr).toContain(`${value.file} is there already and stays as it is`);
  });
});

async function json(name: string, template: string) {
  const { code, stdout } = await backendNew(name, template, '--json');

  return { code, value: JSON.parse(stdout) as { file: string; imports: string[]; statements: string } };
}

test('what is written in TypeScript compiles, and so does a stack of all that is printed', async () => {
  const made = await Promise.all(Object.keys(TEMPLATES).map((template) => json(`stack-${template}`, template)));
  const imports = new Set(made.flatMap(({ value }) => value.imports));
  const statements = new Set(made.map(({ value }) => value.statements));
  const library = (await json('any-function', 'function')).value.imports[0]?.match(/'(.*)apic\/function-api/)?.[1];
  writeFileSync(
    join(folder, 'stack.ts'),
    `${[...imports].join('\n')}
import type { ApiGroup } from '${library}apic/api-group.ts';
import type { IntegrationApp } from '${library}apic/integration-app.ts';
import { Integration } from '${library}platform/integration.ts';

export class Made extends Integration {
  fill(app: IntegrationApp, group: ApiGroup) {
    ${[...statements].join('\n')}
  }
}
`,
  );
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      include: ['stack.ts', '**/stack-*.ts'],
    }),
  );

  expect(runTool('tsc', ['-p', folder])).toBe('');
}, 60_000);

test.each(['function', 'data'])('what is written for %s is formatted as the rest of the code', (template) => {
  const text = TEMPLATES[template]?.text(NAME, (module) => `../../../lib/${module}`) ?? '';

  expect(runTool('biome', ['check', '--stdin-file-path=integrations/any/functions/any.ts'], text)).toBe(text);
});

function runTool(tool: string, args: string[], input = ''): string {
  try {
    return execFileSync(join(BIN, tool), args, { cwd: ROOT, input, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

describe('the script for Redis, with a Redis', () => {
  const { start } = privateRedis();
  const { run: runWhole } = scripts();

  test('counts its calls', async () => {
    const port = await start(['save ""']);
    const source = TEMPLATES['redis']?.text(NAME, String).replace('127.0.0.1:6379', `127.0.0.1:${port}`) ?? '';

    expect(await runWhole(source)).toEqual(1);
    expect(await runWhole(source)).toEqual(2);
  }, 60_000);
});

describe('a script that is written runs as it is', () => {
  let files: ReturnType<typeof sandboxFiles>;
  let sandbox: Sandbox;
  const asked: unknown[] = [];

  beforeAll(() => {
    files = sandboxFiles();
    sandbox = createSandbox(files);
  });

  afterAll(async () => {
    await sandbox.close();
    rmSync(files.folder, { recursive: true, force: true });
  });

  async function runScript(template: string, data: object): Promise<unknown> {
    asked.length = 0;
    const source = TEMPLATES[template]?.text(NAME, String) ?? '';
    const limits = { cpuMs: 20_000, memoryBytes: 32 * 1024 * 1024 };
    const script = { name: 'order-lines.js', source, data: JSON.stringify(data), limits, timeMs: 30_000 };

    return sandbox.run(script, async ({ operation, argument }) => {
      asked.push([operation, argument]);

      return [{ Name: 'Ada' }];
    });
  }

  test('blank', async () => {
    expect(await runScript('blank', {})).toEqual({ answer: { body: 'Hello world!' } });
  });

  test('mysql asks with what the caller sends, bound', async () => {
    expect(await runScript('mysql', { param: { name: "Ada' --" } })).toEqual({ answer: { body: '[{"Name":"Ada"}]' } });
    expect(asked).toEqual([
      [
        'data-source',
        {
          source: { type: 'mysql', url: '#{mysql_url}', user: '#{mysql_user}', password: '#{mysql_password}' },
          statement: 'SELECT ? AS Name, UTC_TIMESTAMP() AS Now',
          values: ["Ada' --"],
        },
      ],
    ]);
  });

  test('redis sends its commands', async () => {
    expect(await runScript('redis', {})).toEqual({ answer: { body: '[{"Name":"Ada"}]' } });
    expect(asked).toEqual(
      ['INCR calls', 'GET calls'].map((statement) => [
        'data-source',
        {
          source: { type: 'redis', url: '127.0.0.1:6379', user: null, password: null },
          statement,
          values: [],
        },
      ]),
    );
  });

  test.each([
    ['#{token}', { status: 'allow', context: { user: 'partner' } }],
    ['wrong', { status: 'deny', context: { reason: 'x-auth is missing or wrong' } }],
  ])('front-authorizer answers x-auth %s', async (token, decision) => {
    expect(await runScript('front-authorizer', { body: { headers: { 'x-auth': token } } })).toEqual({
      answer: { body: JSON.stringify(decision) },
    });
  });
});

test.each([
  ['Orders', 'orders'],
  ['order-lines', 'order-lines'],
  ['orderLinesNew', 'order-lines-new'],
  ['Lines2', 'lines2'],
])('%s is a name, and %s.ts the file', async (name, file) => {
  expect((await json(name, 'function')).value.file).toBe(join(folder, 'functions', `${file}.ts`));
});

test.each(['ab', '1st', 'a b', '../orders', 'orders.js', 'a--b', '-abc', 'x'.repeat(51), ''])(
  '%j is no name of a backend',
  async (name) => {
    const { code, stderr } = await run(['backend', 'new', '--template', 'blank', '--integration', '.', '--', name], {
      cwd: folder,
    });

    expect([code, stderr]).toEqual([2, expect.stringContaining('allowed: 3 to 50 letters')]);
  },
);

test('a folder that is not there is not made', async () => {
  const argv = ['backend', 'new', 'orders', '--template', 'blank', '--integration', 'nowhere'];

  expect(await run(argv, { cwd: folder })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no folder nowhere'),
  });
});
