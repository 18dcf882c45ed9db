import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type DeviceLogin, eventually } from '../platform.ts';
import { pythonWithPaho } from './paho-client.ts';

const FOLDER = join(import.meta.dirname, '../../../docs/examples');
/** Three attempts to come back, the last after some seconds: their pauses grow, and begin at random. */
const WITHIN_MS = 30_000;
const MISSING = "Paho's library for C is missing: apt-get install libpaho-mqtt-dev gcc libc6-dev";

export const LANGUAGES = ['Python', 'JavaScript', 'C'] as const;

/** How the example of a language is started, which C has to be built for. */
export function exampleIn(language: (typeof LANGUAGES)[number], buildIn: string): readonly string[] {
  if (language === 'Python') return [pythonWithPaho(), join(FOLDER, 'python/device.py')];
  if (language === 'JavaScript') return [process.execPath, join(FOLDER, 'javascript/device.mjs')];
  const built = join(buildIn, 'device');
  try {
    const flags = ['-Wall', '-Wextra', '-Werror', '-lpaho-mqtt3as', '-lpthread'];
    execFileSync('cc', [join(FOLDER, 'c/device.c'), '-o', built, ...flags], { stdio: 'pipe' });
  } catch (error) {
    throw new RangeError(`${MISSING}\n${String((error as { stderr?: Buffer }).stderr ?? error)}`);
  }

  return [built];
}

export interface ExampleSettings {
  readonly device: DeviceLogin;
  readonly port: number;
  /** The file with the authority to trust. */
  readonly ca: string;
  /** Files, in place of the password. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** An example of the guide for device makers, as somebody runs it. */
export class Example {
  readonly #process;
  readonly #exit: Promise<number | null>;
  #output = '';

  constructor([command = '', ...args]: readonly string[], { device, port, ca, certificate }: ExampleSettings) {
    const { clientId, password, publish, subscribe } = device;
    const login = certificate ? { CERT_FILE: certificate.cert, KEY_FILE: certificate.key } : { PASSWORD: password };
    const settings = { CLIENT_ID: clientId, ...login, PUBLISH: publish, SUBSCRIBE: subscribe };
    const env = { ...process.env, HOST: 'localhost', PORT: String(port), CA_FILE: ca, ...settings };
    this.#process = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
    this.#exit = new Promise((resolve) => this.#process.once('exit', resolve));
  }

  report(payload: string): void {
    this.#process.stdin.write(`${payload}\n`);
  }

  /** What it printed that begins with this word. */
  lines(word: string): string[] {
    return this.#output.split('\n').filter((line) => line.startsWith(word));
  }

  /** @throws RangeError with all it printed when it did not print so many such lines in time */
  async until(word: string, count: number): Promise<void> {
    const found = async () => this.lines(word).length;
    if ((await eventually(found, (lines) => lines >= count, WITHIN_MS)) < count) {
      throw new RangeError(`"${word}" was not printed ${count} times:\n${this.#output}`);
    }
  }

  /** Nothing more to report; answers its exit code. */
  end(): Promise<number | null> {
    this.#process.stdin.end();

    return this.#exit;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
