import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';
import { generate } from 'selfsigned';
import { freePort } from '../../../conformance/endpoint.ts';
import { serverProgram } from './server-program.ts';

const PASSWORD = "it's";
/** PostgreSQL refuses to run as root; this user is on every machine and owns nothing. */
const NOBODY = { uid: 65534, gid: 65534 };
const READY = 'ready to accept connections';

/** A PostgreSQL of the calling file's own, at `localhost`, with passwords as SCRAM and a certificate that nobody vouches for. */
export function privatePostgresql() {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-postgresql-'));
  const data = join(folder, 'data');
  let server: ChildProcess | undefined;
  let port: number;

  beforeAll(async () => {
    const user = process.getuid?.() === 0 ? NOBODY : {};
    port = await freePort();
    await writeOwned(folder, user);
    execFileSync(
      serverProgram('initdb', 'postgresql'),
      [
        '-D',
        data,
        '-U',
        'master',
        '-A',
        'scram-sha-256',
        '--pwfile',
        join(folder, 'password'),
        '-E',
        'UTF8',
        '--locale=C',
        '-N',
      ],
      { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const settings = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      ssl: 'on',
      ssl_cert_file: join(folder, 'certificate.pem'),
      ssl_key_file: join(folder, 'key.pem'),
      // Unlike what the driver sets, so that it shows.
      timezone: 'Asia/Tokyo',
      datestyle: 'German',
    };
    server = spawn(
      serverProgram('postgres', 'postgresql'),
      ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await isReady(server);
    await run('CREATE DATABASE shop', 'postgres');
  }, 60_000);

  afterAll(async () => {
    if (server?.exitCode === null) {
      const over = new Promise((resolve) => server?.once('exit', resolve));
      server.kill('SIGQUIT');
      await over;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(sql: string, database = 'shop'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'master', password: PASSWORD, database });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  return {
    run,
    get port() {
      return port;
    },
    /** @param options with their question mark */
    source: (options = '') => ({
      type: 'postgresql',
      url: `jdbc:postgresql://localhost:${port}/shop${options}`,
      user: 'master',
      password: PASSWORD,
    }),
  };
}

async function writeOwned(folder: string, user: { uid?: number; gid?: number }): Promise<void> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
  const files = { 'certificate.pem': cert, 'key.pem': key, password: PASSWORD };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [folder, ...Object.keys(files).map((name) => join(folder, name))]) {
      chownSync(path, user.uid, user.gid);
    }
  }
}

function isReady(server: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  server.stderr?.on('data', (text: Buffer) => {
    said += text;
    if (said.includes(READY)) {
      resolve();
    }
  });
  server.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));

  return promise;
}
