import { Buffer } from 'node:buffer';
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
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

/** A log that grew to this size makes room: it becomes `<name>.log.1`, in place of the one before it. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

interface LogFile {
  descriptor: number;
  bytes: number;
}

/** Writes are synchronous appends: a runtime that is killed has lost no line it meant to leave behind. */
export function createLogs(state: string, maxBytes = MAX_LOG_BYTES): Logs {
  const directory = join(state, 'logs');
  const files = new Map<string, LogFile>();
  let closed = false;
  mkdirSync(directory, { recursive: true });

  const open = (name: string): LogFile => {
    const descriptor = openSync(join(directory, `${name}.log`), 'a', 0o600);
    const file = { descriptor, bytes: fstatSync(descriptor).size };
    files.set(name, file);

    return file;
  };
  const makeRoom = (name: string, { descriptor }: LogFile): LogFile => {
    closeSync(descriptor);
    renameSync(join(directory, `${name}.log`), join(directory, `${name}.log.1`));

    return open(name);
  };
  const append = (name: string, text: string) => {
    if (closed) return;
    const line = Buffer.from(`${text}\n`);
    const known = files.get(name) ?? open(name);
    const file = known.bytes > 0 && known.bytes + line.length > maxBytes ? makeRoom(name, known) : known;
    file.bytes += writeSync(file.descriptor, line);
  };

  const logs = (name: string): Log => {
    const write = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
      append(name, JSON.stringify({ level, message, time: new Date().toISOString(), ...fields }));

    return { info: write('INFO'), warn: write('WARN'), error: write('ERROR'), line: (text) => append(name, text) };
  };

  return Object.assign(logs, {
    close() {
      closed = true;
      for (const { descriptor } of files.values()) closeSync(descriptor);
      files.clear();
    },
  });
}
