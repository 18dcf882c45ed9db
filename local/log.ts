import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A log of the runtime: JSON lines in `<state>/logs/<name>.log`. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A line that is already text: a function's own output goes in untouched. */
  line(text: string): void;
}

export interface Logs {
  (name: string): Log;
  close(): void;
}

/** Writes are synchronous appends: a runtime that is killed has lost no line it meant to leave behind. */
export function createLogs(state: string): Logs {
  const directory = join(state, 'logs');
  const files = new Map<string, number>();
  let closed = false;
  mkdirSync(directory, { recursive: true });

  const append = (name: string, text: string) => {
    if (closed) return;
    let file = files.get(name);
    if (file === undefined) {
      file = openSync(join(directory, `${name}.log`), 'a', 0o600);
      files.set(name, file);
    }
    writeSync(file, `${text}\n`);
  };

  const logs = (name: string): Log => {
    const write = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
      append(name, JSON.stringify({ level, message, time: new Date().toISOString(), ...fields }));

    return { info: write('INFO'), warn: write('WARN'), error: write('ERROR'), line: (text) => append(name, text) };
  };

  return Object.assign(logs, {
    close() {
      closed = true;
      for (const file of files.values()) closeSync(file);
      files.clear();
    },
  });
}
