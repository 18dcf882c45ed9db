import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { Redis } from 'ioredis';
import { generate } from 'selfsigned';
import { freePort } from '../../../conformance/endpoint.ts';
import { serverProgram } from './server-program.ts';

const READY = /Ready to accept connections|Sentinel ID is/;

/** Redis servers of the calling file's own, at 127.0.0.1; ended with it. */
export function privateRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-redis-'));
  const servers: ChildProcess[] = [];

  afterAll(async () => {
    await Promise.all(servers.map(ended));
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param settings lines of its configuration. @returns its port */
  async function start(
    settings: readonly string[],
    { port, sentinel = false }: { port?: number; sentinel?: boolean } = {},
  ): Promise<number> {
    const own = port ?? (await freePort());
    const file = join(folder, `${own}.conf`);
    writeFileSync(file, [`port ${own}`, 'bind 127.0.0.1', `dir ${folder}`, ...settings].join('\n'));
    const server = spawn(serverProgram('redis-server', 'redis-server'), [file, ...(sentinel ? ['--sentinel'] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    servers.push(server);
    await isReady(server);

    return own;
  }

  /** Of a certificate that nobody vouches for, in files. */
  async function certificate(): Promise<{ readonly cert: string; readonly key: string }> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const files = { cert: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);

    return files;
  }

  let members: Promise<number[]> | undefined;

  /** Two members, half of the slots each; the same for all tests. @returns their ports */
  function cluster(): Promise<number[]> {
    members ??= newCluster();

    return members;
  }

  async function newCluster(): Promise<number[]> {
    const ports: number[] = [];
    for (const [from, to] of [
      [0, 8191],
      [8192, 16383],
    ] as const) {
      const port = await start([
        'cluster-enabled yes',
        `cluster-config-file nodes-${from}.conf`,
        'save ""',
        'cluster-announce-ip 127.0.0.1',
      ]);
      await asked(port, 'CLUSTER', 'ADDSLOTSRANGE', from, to);
      ports.push(port);
    }
    const [first = 0, second = 0] = ports;
    await asked(first, 'CLUSTER', 'MEET', '127.0.0.1', second);
    for (const port of ports) {
      await until(async () => String(await asked(port, 'CLUSTER', 'INFO')).includes('cluster_state:ok'));
    }

    return ports;
  }

  /** Ends the one at this port. */
  async function end(port: number): Promise<void> {
    await Promise.all(servers.filter(({ spawnargs }) => spawnargs.includes(join(folder, `${port}.conf`))).map(ended));
  }

  return { start, certificate, cluster, end };
}

/** What a server without a password answers another client. */
export async function asked(port: number, command: string, ...words: (string | number | Buffer)[]): Promise<unknown> {
  const client = new Redis({ host: '127.0.0.1', port });
  try {
    return await client.call(command, words);
  } finally {
    client.disconnect();
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    await new Promise((later) => setTimeout(later, 50));
  }
}

/** One without persistence, with a password. */
export function oneRedis(password: string) {
  const { start } = privateRedis();
  let port: number;

  beforeAll(async () => {
    port = await start(['save ""', `requirepass ${password}`]);
  }, 30_000);

  return {
    get port() {
      return port;
    },
    /** What another client sees. */
    async ask(command: string, ...words: string[]): Promise<unknown> {
      const redis = new Redis({ host: '127.0.0.1', port, password });
      try {
        return await redis.call(command, words);
      } finally {
        redis.disconnect();
      }
    },
  };
}

function isReady(server: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  server.stdout?.on('data', (text: Buffer) => {
    said += text;
    if (READY.test(said)) {
      resolve();
    }
  });
  server.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)));

  return promise;
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const over = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await over;
  }
}
