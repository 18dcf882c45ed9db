import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { DisconnectReason } from './reason.ts';

/** The last connection of a client id. */
export interface ConnectionEntry {
  readonly clientId: string;
  readonly sessionIdentifier: string;
  readonly principalIdentifier: string;
  readonly versionNumber: number;
  readonly ipAddress: string;
  /** Milliseconds since the epoch: when it began, or ended. */
  readonly timestamp: number;
  /** Absent while it lasts. */
  readonly disconnectReason?: DisconnectReason;
  /** Whether the rules have taken the event that says so. */
  readonly told: boolean;
}

/** The last connection of every client id on disk, so that a runtime that was killed knows at its next start whom it left connected. */
export interface ConnectionJournal {
  load(): void;
  entries(): readonly ConnectionEntry[];
  find(clientId: string): ConnectionEntry | undefined;
  note(entry: ConnectionEntry): void;
  /** Marks an entry, unless a later one took its place. */
  told(entry: ConnectionEntry): void;
  forget(clientId: string): void;
  close(): void;
}

/** Lines beside those of the entries there are; then the file is written anew. */
const SPARE_LINES = 10_000;

/**
 * One JSON line a change, appended without waiting for the disk: a process that is killed loses none of them, and a log-in costs microseconds.
 * The last line of a client id counts.
 */
export function connectionJournal(path: string): ConnectionJournal {
  const known = new Map<string, ConnectionEntry>();
  let descriptor: number | undefined;
  let lines = 0;

  const rewrite = () => {
    if (descriptor !== undefined) closeSync(descriptor);
    const aside = `${path}.new`;
    writeFileSync(aside, [...known.values()].map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
    renameSync(aside, path);
    descriptor = openSync(path, 'a', 0o600);
    lines = known.size;
  };
  const note = (entry: ConnectionEntry) => {
    known.set(entry.clientId, entry);
    if (descriptor === undefined) return;
    writeSync(descriptor, `${JSON.stringify(entry)}\n`);
    lines += 1;
    if (lines > known.size + SPARE_LINES) rewrite();
  };

  return {
    load() {
      mkdirSync(dirname(path), { recursive: true });
      for (const line of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
        const entry = parsed(line);
        if (entry !== undefined) known.set(entry.clientId, entry);
      }
      rewrite();
    },
    entries: () => [...known.values()],
    find: (clientId) => known.get(clientId),
    note,
    told(entry) {
      if (known.get(entry.clientId) === entry) note({ ...entry, told: true });
    },
    forget: (clientId) => void known.delete(clientId),
    close() {
      if (descriptor === undefined) return;
      rewrite();
      closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** A kill may have cut the last line short. */
function parsed(line: string): ConnectionEntry | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as ConnectionEntry);
  } catch {
    return undefined;
  }
}
