import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../cli/program.ts';
import { fakePlatform, refused, run } from './fake-platform.ts';

test('without a command it shows the help on stderr and exits 2', async () => {
  const { code, stdout, stderr } = await run([]);

  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('Usage: causeway');
});

test('the version is the package’s', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
});

test.each(COMMANDS.map(({ path }) => path))('"%s --help" explains itself with examples, on stdout', async (path) => {
  const { code, stdout, stderr } = await run([...path.split(' '), '--help']);

  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(stdout).toContain(`Usage: causeway ${path}`);
  expect(stdout).toContain('--json');
  expect(stdout).toMatch(/Examples:\n {2}\$ (causeway|npm)/);
});

test.each([
  [['devise', 'list'], "unknown command 'devise'"],
  [['device', 'list', '--produkt', 'x'], "unknown option '--produkt'"],
  [['device', 'register', 'ParkingSensor'], 'Say which product and which device'],
  [['simulate', '--rate', 'fast'], "argument 'fast' is invalid. Allowed: a number above 0"],
  [['simulate', '--sensors', '0'], 'Allowed: a whole number from 1 to 10000.'],
  [['local', '--port-base', '80'], 'Allowed: a whole number from 1024 to 65529.'],
  [['local', '--integration', 'parking', '--assembly', 'cdk.out'], "cannot be used with option '--integration"],
  [['task', 'list', '--state', 'a', '--stack', 'b'], "cannot be used with option '--state"],
])('%j is a usage error: exit 2 and a sentence', async (argv, sentence) => {
  const { code, stdout, stderr } = await run(argv);

  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(sentence);
});

test('a refusal of the platform is one sentence with code and request id, no stack, exit 1', async () => {
  const platform = await fakePlatform({ 'GET /tasks': refused(404, 'CAUSEWAY.0404', 'There is no such task.') });
  const { code, stdout, stderr } = await platform.run('task', 'list');
  await platform.stop();

  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toBe(`causeway: There is no such task. (CAUSEWAY.0404, request ${'a'.repeat(32)})\n`);
});

test('--debug adds the stack', async () => {
  const platform = await fakePlatform({ 'GET /tasks': refused(404, 'CAUSEWAY.0404', 'There is no such task.') });
  const { stderr } = await platform.run('task', 'list', '--debug');
  await platform.stop();

  expect(stderr).toMatch(/\n\s+at /);
});

test('a platform that was never started is said to be missing', async () => {
  const { code, stderr } = await run(['task', 'list', '--state', 'nowhere-at-all']);

  expect(code).toBe(1);
  expect(stderr).toMatch(/There is no platform in .*nowhere-at-all.*npm start/);
});

test('a stopped platform is said to be stopped', async () => {
  const platform = await fakePlatform({});
  platform.become({ ready: false });
  const { code, stderr } = await platform.run('task', 'list');
  await platform.stop();

  expect(code).toBe(1);
  expect(stderr).toContain('is stopped');
});

test('a platform that does not answer is said not to answer', async () => {
  const platform = await fakePlatform({});
  await platform.stop();
  const gone = await fakePlatform({}, { management: { url: platform.url, token: 'x' } });
  const { code, stderr } = await gone.run('task', 'list');
  await gone.stop();

  expect(code).toBe(1);
  expect(stderr).toContain(`No answer from ${platform.url}: nothing listens there`);
});
