import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { generate } from 'selfsigned';
import { ensureMariadb } from '../../../../local/mysql/binaries.ts';
import { mariadbFiles } from '../../../../local/mysql/files.ts';
import { asRoot, installData } from '../../../../local/mysql/install.ts';
import { freePort } from '../../../conformance/endpoint.ts';
import { serverProgram } from './server-program.ts';

/** Some servers refuse to run as root; this user is on every machine and owns nothing. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
export const PASSWORD = 'sesame';
/** Another address of this machine, which the certificates name. */
export const NAMED_ADDRESS = '127.0.0.2';

/** A MariaDB, a PostgreSQL and a Redis of the calling file's own, whose certificates (for `localhost` and one address) an authority of their own vouches for. */
export function encryptedServers() {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-encrypted-'));
  const servers: ChildProcess[] = [];
  const ports = { mysql: 0, postgresql: 0, redis: 0 };
  const authorities = { ca: '', other: '' };
  const file = (name: string) => join(folder, name);

  function start(program: string, parameters: readonly string[], ready: string, user: object = NOBODY): Promise<void> {
    const server = spawn(program, [...parameters], { ...user, cwd: folder });
    servers.push(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let said = '';
    const hear = (text: Buffer) => {
      said += text;
      if (said.includes(ready)) {
        resolve();
      }
    };
    server.stdout?.on('data', hear);
    server.stderr?.on('data', hear);
    server.once('exit', (code) => reject(new RangeError(`${program} ended with ${code}: ${said}`)));

    return promise;
  }

  async function startMysql(): Promise<void> {
    ports.mysql = await freePort();
    const files = mariadbFiles(folder, 'shop');
    const binaries = await ensureMariadb(() => undefined);
    await installData(binaries, files);
    writeFileSync(
      file('init.sql'),
      [
        'CREATE DATABASE shop;',
        'CREATE TABLE shop.orders (Id INT PRIMARY KEY, Note VARCHAR(9) NOT NULL);',
        'CREATE TABLE shop.secrets (Id INT);',
        `CREATE USER reader@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE SSL;`,
        "GRANT SELECT ON shop.orders TO reader@'%';",
        `CREATE USER writer@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE SSL;`,
        "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.orders TO writer@'%';",
      ].join('\n'),
    );
    const parameters = [
      ...['--no-defaults', `--datadir=${files.data}`, `--port=${ports.mysql}`, '--bind-address=127.0.0.1', ...asRoot()],
      ...[
        `--socket=${files.socket}`,
        `--init-file=${file('init.sql')}`,
        `--tmpdir=${files.temporary}`,
        '--skip-name-resolve',
      ],
      ...[`--ssl-cert=${file('cert.pem')}`, `--ssl-key=${file('key.pem')}`, '--innodb-flush-log-at-trx-commit=0'],
    ];
    await start(binaries.server, parameters, 'ready for connections', {});
  }

  async function startPostgresql(): Promise<void> {
    ports.postgresql = await freePort();
    const data = file('postgresql');
    writeFileSync(file('password'), PASSWORD);
    own(file('password'));
    const made = ['-D', data, '-U', 'master', '-A', 'scram-sha-256', '--pwfile', file('password'), '-E', 'UTF8', '-N'];
    execFileSync(serverProgram('initdb', 'postgresql'), [...made, '--locale=C'], {
      ...NOBODY,
      cwd: folder,
      stdio: 'ignore',
    });
    const settings = {
      ...{ port: ports.postgresql, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' },
      ...{ ssl: 'on', ssl_cert_file: file('cert.pem'), ssl_key_file: file('key.pem') },
    };
    const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await start(serverProgram('postgres', 'postgresql'), ['-D', data, ...parameters], 'ready to accept connections');
  }

  async function startRedis(): Promise<void> {
    ports.redis = await freePort();
    const settings = [
      ...['port 0', `tls-port ${ports.redis}`, 'bind 127.0.0.1', `dir ${folder}`, 'save ""', `requirepass ${PASSWORD}`],
      ...[`tls-cert-file ${file('cert.pem')}`, `tls-key-file ${file('key.pem')}`, 'tls-auth-clients no'],
      `user reader on >${PASSWORD} ~* +@read +select`,
    ];
    writeFileSync(file('redis.conf'), settings.join('\n'));
    own(file('redis.conf'));
    await start(serverProgram('redis-server', 'redis-server'), [file('redis.conf')], 'Ready to accept connections');
  }

  beforeAll(async () => {
    process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
    chmodSync(folder, 0o755);
    const [authority, other] = await Promise.all([newAuthority('Shop CA'), newAuthority('Other CA')]);
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      ...{ keySize: 2048, ca: { cert: authority.cert, key: authority.private } },
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: NAMED_ADDRESS },
          ],
        },
      ],
    });
    Object.assign(authorities, { ca: authority.cert, other: other.cert });
    for (const [name, content] of Object.entries({ 'cert.pem': cert, 'key.pem': key })) {
      writeFileSync(file(name), content, { mode: 0o600 });
      own(file(name));
    }
    own(folder);
    await Promise.all([startMysql(), startPostgresql(), startRedis()]);
  }, 90_000);

  afterAll(async () => {
    const over = servers
      .filter(({ exitCode }) => exitCode === null)
      .map((server) => {
        server.removeAllListeners('exit');
        const ended = new Promise((done) => server.once('exit', done));
        server.kill('SIGQUIT');
        server.kill('SIGKILL');

        return ended;
      });
    await Promise.all(over);
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  return { ports, authorities };
}

function newAuthority(name: string) {
  return generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
}

function own(path: string): void {
  if (NOBODY.uid !== undefined) {
    chownSync(path, NOBODY.uid, NOBODY.gid);
  }
}
