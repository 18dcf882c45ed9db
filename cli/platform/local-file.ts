import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CommandFailed } from '../errors.ts';
import { DEFAULT_STATE } from './default-state.ts';

/**
 * `<state>/local.json`: addresses and credentials of a platform on this machine. Its keys are a contract: scripts of
 * others read them. Add to it, never rename.
 */
export interface LocalFile {
  /** False once the platform has stopped; what follows is then what it was. */
  readonly ready: boolean;
  /** The process that runs the platform. */
  readonly pid: number;
  readonly mqtt: { readonly url: string };
  /** `ca`: the file with the certificate of the platform's own authority, in PEM. */
  readonly mqtts: { readonly url: string; readonly ca: string };
  readonly apis: Readonly<Record<string /* group */, { readonly url: string }>>;
  /** `token` goes into `Authorization: Bearer`; a new one at every start. */
  readonly management: { readonly url: string; readonly token: string };
  /** What tools of AWS need for its APIs here, and for APIs that IAM guards; a new key at every start. */
  readonly aws: LocalAws;
  /** The port kept for the console. */
  readonly console: { readonly url: string };
  /** A user that may read everything and change nothing; absent on a platform without a database. */
  readonly mysql?: LocalDatabase;
  readonly apps: Readonly<Record<string /* app */, AppCredentials>>;
  /** Other secrets of the integration that people need, by name; absent when there are none. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Buckets that files are put into, by name: what is copied into the folder lies in the bucket a second later. Absent when there are none. */
  readonly files?: Readonly<Record<string, { readonly bucket: string; readonly folder: string }>>;
  /** The fixed devices of the integration. */
  readonly devices: readonly LocalDevice[];
}

export interface LocalAws {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface LocalDatabase {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface AppCredentials {
  readonly key: string;
  readonly secret: string;
  readonly appCodes: readonly string[];
}

export interface LocalDevice {
  readonly product: string;
  readonly device: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly publish: string;
  readonly subscribe: string;
}

const FILE = 'local.json';

/** Written beside and renamed: a reader never meets half a file. Readable by its owner only, since it holds passwords. */
export function writeLocalFile(state: string, content: LocalFile): string {
  const file = join(state, FILE);
  writePrivate(state, FILE, content);

  return file;
}

/** The platform of a state folder, running or not; undefined when none was ever started there. */
export function findLocalFile(state: string): LocalFile | undefined {
  const file = join(state, FILE);
  if (!existsSync(file)) {
    return undefined;
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LocalFile;
  } catch (cause) {
    throw new CommandFailed(`${file} cannot be read; start the platform again, which writes it anew.`, { cause });
  }
}

/** The running platform of a state folder. */
export function readLocalFile(state: string): LocalFile {
  const found = findLocalFile(state);
  if (found === undefined) {
    throw new CommandFailed(
      `There is no platform in ${state}. Start one with "npm start", or name another with --state DIR or --stack NAME.`,
    );
  }
  if (!found.ready) {
    const option = basename(state) === DEFAULT_STATE ? '' : ` -- --state ${state}`;
    throw new CommandFailed(`The platform in ${state} is stopped. Start it with "npm start${option}".`);
  }
  return found;
}

/** JSON into a file of mode 0600, whole or not at all. */
export function writePrivate(folder: string, name: string, content: unknown): void {
  mkdirSync(folder, { recursive: true });
  const beside = join(folder, `.${name}.${process.pid}`);
  writeFileSync(beside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(beside, join(folder, name));
}
