import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { generate } from 'selfsigned';
import { freePort } from '../../../conformance/endpoint.ts';
import { serverProgram } from './server-program.ts';

export interface PostgresqlServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** A statement in a connection of its own. */
  run(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

const USER = 'master';
const PASSWORD = "it's";
/** PostgreSQL refuses to run as root; this user is on every machine and owns nothing. */
const NOBODY = { uid: 65534, gid: 65534 };
const READY = 'ready to accept connections';

/** A PostgreSQL of its own with the database `shop`, at `localhost`, with passwords as SCRAM and a certificate that nobody vouches for. */
export async function startPostgresql(): Promise<PostgresqlServer> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-postgresql-'));
  const data = join(folder, 'data');
  const user = process.getuid?.() === 0 ? NOBODY : {};
  const port = await freePort();
  await writeOwned(folder, user);
  execFileSync(
    serverProgram('initdb', 'postgresql'),
    [
      ...['-D', data, '-U', USER, '-A', 'scram-sha-256', '--pwfile', join(folder, 'password')],
      ...['-E', 'UTF8', '--locale=C', '-N'],
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
  const server = spawn(
    serverProgram('postgres', 'postgresql'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await isReady(server);

  async function run(sql: string, database = 'shop'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: '127.0.0.1', port, user: USER, password: PASSWORD, database });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  await run('CREATE DATABASE shop', 'postgres');

  return {
    port,
    user: USER,
    password: PASSWORD,
    run,
    async stop() {
      if (server.exitCode === null) {
        const over = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGQUIT');
        await over;
      }
      rmSync(folder, { recursive: true, force: true });
    },
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
