import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { portIsFree } from '../start/ports.ts';

/** What the doctor looks at, as far as it is not the platform's. */
export interface Machine {
  readonly node: string;
  readonly isRoot: boolean;
  readonly memoryBytes: number;
  /** A program of the path, or of where distributions put servers. */
  find(program: string): string | undefined;
  /** What a program prints; undefined when it cannot be run. */
  output(program: string, args: readonly string[]): Promise<string | undefined>;
  portIsFree(port: number): Promise<boolean>;
  /** Of the file system on which a folder is, or will be. */
  freeBytes(folder: string): Promise<number>;
  mayWrite(folder: string): boolean;
  read(file: string): string | undefined;
  readonly now: () => number;
}

/** A server's place need not be on the path of an ordinary user. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/opt/homebrew/bin', '/usr/local/bin'];
const TIMEOUT_MS = 5000;

export function thisMachine(path: string): Machine {
  return {
    node: process.versions.node,
    isRoot: process.getuid?.() === 0,
    memoryBytes: totalmem(),
    find: (program) =>
      [...path.split(delimiter), ...SERVER_FOLDERS].map((folder) => join(folder, program)).find(existsSync),
    output: (program, args) =>
      new Promise((done) => {
        execFile(program, [...args], { timeout: TIMEOUT_MS }, (error, stdout) =>
          done(error === null ? stdout.trim() : undefined),
        );
      }),
    portIsFree,
    async freeBytes(folder) {
      const { bavail, bsize } = await statfs(existing(folder));

      return bavail * bsize;
    },
    mayWrite(folder) {
      try {
        accessSync(existing(folder), constants.W_OK);

        return true;
      } catch {
        return false;
      }
    },
    read: (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
    now: Date.now,
  };
}

/** The folder, or the nearest one above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}
