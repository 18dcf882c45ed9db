import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureMariadb } from '../../../local/mysql/binaries.ts';
import { mariadbFiles } from '../../../local/mysql/files.ts';
import { asRoot, installData } from '../../../local/mysql/install.ts';
import { freePort } from '../../conformance/endpoint.ts';

export interface MysqlServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  stop(): Promise<void>;
}

export interface MysqlOptions {
  /**
   * PEM: whoever wants to may then speak to it over TLS.
   * @default - in clear text only
   */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /**
   * What it is told when it starts, beside its one user.
   * @default - nothing
   */
  readonly statements?: readonly string[];
}

/** Somebody else's MariaDB, which is not the platform's: with one database, `shop`. */
export async function startMysql({ certificate, statements = [] }: MysqlOptions = {}): Promise<MysqlServer> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-mysql-'));
  const [user, password] = ['writer', 'sesame'];
  const port = await freePort();
  const files = mariadbFiles(folder, 'shop');
  const binaries = await ensureMariadb(() => undefined);
  await installData(binaries, files);
  const init = join(folder, 'init.sql');
  const grants = [`CREATE USER ${user}@'%' IDENTIFIED BY '${password}';`, `GRANT ALL ON shop.* TO ${user}@'%';`];
  writeFileSync(init, ['CREATE DATABASE shop;', ...grants, ...statements].join('\n'));
  const tls = Object.entries(certificate ?? {}).map(([name, pem]) => {
    writeFileSync(join(folder, `${name}.pem`), pem, { mode: 0o600 });

    return `--ssl-${name}=${join(folder, `${name}.pem`)}`;
  });
  const server = spawn(binaries.server, [
    ...['--no-defaults', `--datadir=${files.data}`, `--port=${port}`, '--bind-address=127.0.0.1', ...asRoot()],
    ...[`--socket=${files.socket}`, `--init-file=${init}`, `--tmpdir=${files.temporary}`, '--skip-name-resolve'],
    '--innodb-flush-log-at-trx-commit=0',
    ...tls,
  ]);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (text) => {
      said += text;
      if (said.includes('ready for connections')) resolve();
    });
    server.once('exit', (code) => reject(new RangeError(`mariadbd ended with ${code}: ${said}`)));
  });

  return {
    ...{ port, user, password },
    async stop() {
      server.removeAllListeners('exit');
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
