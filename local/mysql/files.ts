import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where one cluster's MariaDB keeps its things. */
export interface MariadbFiles {
  readonly directory: string;
  readonly data: string;
  /** Becomes `data` when it is complete: an installation that was cut short is never taken for one. */
  readonly newData: string;
  readonly pid: string;
  readonly socket: string;
  readonly init: string;
  /** The only folder that LOAD DATA and its like may reach; nothing is ever in it. */
  readonly exchange: string;
  /** Its temporary tables: a server that starts removes all it finds there, those of others too. */
  readonly temporary: string;
  readonly errorLog: string;
}

/** The kernel's limit for the path of a socket is 108 bytes with its closing zero (unix(7)), on macOS 104. */
const SOCKET_PATH_BYTES = 103;

export function mariadbFiles(state: string, identifier: string): MariadbFiles {
  const directory = join(state, 'mysql', identifier);
  const socket = join(directory, 'mariadbd.sock');

  return {
    directory,
    data: join(directory, 'data'),
    newData: join(directory, 'data.new'),
    pid: join(directory, 'mariadbd.pid'),
    socket: Buffer.byteLength(socket) <= SOCKET_PATH_BYTES ? socket : shortSocket(directory),
    init: join(directory, 'init.sql'),
    exchange: join(directory, 'files'),
    temporary: join(directory, 'tmp'),
    errorLog: join(state, 'logs', 'mariadb.log'),
  };
}

function shortSocket(directory: string): string {
  return join(tmpdir(), `causeway-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.sock`);
}
