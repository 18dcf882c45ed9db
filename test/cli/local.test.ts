import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { findLocalFile } from '../../cli/platform/local-file.ts';
import { checkPortsFree, platformPorts } from '../../cli/start/ports.ts';
import { InvalidSetting } from '../../core/errors.ts';
import { type FakePlatform, fakePlatform, run } from './fake-platform.ts';

let platform: FakePlatform | undefined;

afterEach(() => platform?.stop());

const INSTANCE = [200, { id: 'i-1', environment: '', version: '1', mqtt: { host: 'h', port: 1 } }] as const;

test('a folder whose platform is running is refused, with its process', async () => {
  platform = await fakePlatform({ 'GET /instance': INSTANCE }, { pid: 4711 });
  const { code, stderr } = await platform.run('local');

  expect(code).toBe(1);
  expect(stderr).toContain(`A platform is already running in ${platform.state} (process 4711).`);
  expect(findLocalFile(platform.state)?.ready).toBe(true);
});

test('a platform that was killed is marked stopped before the next one starts', async () => {
  platform = await fakePlatform({});
  platform.become({ management: { url: 'http://127.0.0.1:1', token: 'x' } });
  const { state } = platform;
  const { code, stderr } = await run(['local', '--state', state, '--port-base', await freeBase()], {
    synthesize: () => {
      expect(findLocalFile(state)?.ready).toBe(false);

      return Promise.reject(new InvalidSetting('integration', 'x', 'parking'));
    },
  });

  expect(code).toBe(2);
  expect(stderr).toContain('integration: received "x"; allowed: parking');
});

test('a taken port is refused before anything is synthesized', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await run(['local', '--state', 'never-made', '--port-base', String(Math.min(port, 65529))]);
  await new Promise((done) => server.close(done));

  expect(code).toBe(1);
  expect(stderr).toContain('--port-base');
});

test('a failed synthesis is said in one sentence and leaves nothing behind', async () => {
  const folders: string[] = [];
  const { code, stderr } = await run(['local', '--state', 'never-made', '--port-base', await freeBase()], {
    synthesize: (_, outdir) => {
      folders.push(outdir);

      return Promise.reject(new TypeError('the stack is wrong'));
    },
  });

  expect(code).toBe(1);
  expect(stderr).toMatch(/causeway: the stack is wrong \(--debug shows where\)\n$/);
  expect(folders).toHaveLength(1);
  expect(existsSync(folders[0] as string)).toBe(false);
});

/** Where seven ports in a row are free. */
async function freeBase(): Promise<string> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 3_000) * 10;
    if (
      await checkPortsFree(platformPorts(base)).then(
        () => true,
        () => false,
      )
    )
      return String(base);
  }
}
