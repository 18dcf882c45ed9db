import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';

/** A line of a log file. */
export interface LogLine {
  /** `<inode>-<offset>`: stays what it is when the file makes room under another name. */
  readonly id: string;
  /** Milliseconds since the epoch; of a line without a time, that of the line before it. */
  readonly time: number;
  readonly text: string;
}

/** Where reading goes on: `<inode>-<offset>`. */
export interface LogPlace {
  readonly inode: number;
  readonly offset: number;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Absent when the end was reached. */
  readonly next?: LogPlace;
}

export interface LogQuery {
  /** From this time on, and up to that one, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly place?: LogPlace;
}

/** What one page looks at: as much as an answer of CloudWatch Logs may hold. */
const PAGE_BYTES = 1024 * 1024;
/** A line's time stands at its beginning, before what may be long. */
const TIME = /^.{0,2000}?"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"/;
const NEWLINE = 0x0a;

/**
 * One page of the lines of a log, which is the files `paths`, older ones first. The first page begins by bisection: a file of 16 MB is not
 * read to see its last ten seconds.
 */
export async function readLogLines(paths: readonly string[], query: LogQuery): Promise<LogPage> {
  const files = await opened(paths);
  try {
    const started = query.place === undefined ? 0 : files.findIndex(({ inode }) => inode === query.place?.inode);
    // A file that is gone took its lines along; the ones after it are there.
    for (const file of files.slice(Math.max(0, started))) {
      const known = query.place?.inode === file.inode ? query.place.offset : undefined;
      const offset = known ?? (await offsetAt(file, query.from));
      const page = await readPage(file, offset, query);
      const last = file === files.at(-1);
      if (page.lines.length > 0 || page.offset < file.size || last) {
        const next = { inode: file.inode, offset: page.offset };

        return page.offset < file.size || !last ? { lines: page.lines, next } : { lines: page.lines };
      }
    }

    return { lines: [] };
  } finally {
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly inode: number;
  readonly size: number;
}

async function opened(paths: readonly string[]): Promise<OpenFile[]> {
  const files: OpenFile[] = [];
  for (const path of paths) {
    const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (handle === undefined) continue;
    const { ino, size } = await handle.stat();
    files.push({ handle, inode: ino, size });
  }

  return files;
}

/** The offset of a line at or before the first one of this time: lines are in order of time but for a few milliseconds. */
async function offsetAt(file: OpenFile, time: number): Promise<number> {
  const slack = 1000;
  let low = 0;
  let high = file.size;
  while (high - low > PAGE_BYTES / 4) {
    const middle = Math.floor((low + high) / 2);
    const found = await timeBehind(file, middle);
    if (found === undefined || found.time >= time - slack) high = middle;
    else low = found.offset;
  }

  return low;
}

/** The first line with a time that begins behind an offset. */
async function timeBehind(file: OpenFile, offset: number): Promise<{ time: number; offset: number } | undefined> {
  const { bytes } = await file.handle.read(Buffer.alloc(PAGE_BYTES / 4), 0, PAGE_BYTES / 4, offset).then(sliced);
  for (let at = bytes.indexOf(NEWLINE) + 1; at > 0; at = bytes.indexOf(NEWLINE, at) + 1) {
    const [, time] = TIME.exec(bytes.toString('latin1', at, at + 2100)) ?? [];
    if (time !== undefined) return { time: Date.parse(time), offset: offset + at };
  }
  return undefined;
}

async function readPage(
  file: OpenFile,
  start: number,
  { from, to, limit }: LogQuery,
): Promise<{ readonly lines: LogLine[]; readonly offset: number }> {
  const length = Math.max(0, Math.min(PAGE_BYTES, file.size - start));
  const { bytes } = await file.handle.read(Buffer.alloc(length), 0, length, start).then(sliced);
  const lines: LogLine[] = [];
  let time = 0;
  let at = 0;
  for (let end = bytes.indexOf(NEWLINE, at); end !== -1; end = bytes.indexOf(NEWLINE, at)) {
    const text = bytes.toString('utf8', at, end);
    const [, stamp] = TIME.exec(text) ?? [];
    time = stamp === undefined ? time : Date.parse(stamp);
    if (lines.length >= limit) return { lines, offset: start + at };
    if (time >= from && time < to) lines.push({ id: `${file.inode}-${start + at}`, time, text });
    at = end + 1;
  }
  // A line longer than a page is passed over; one that is being written is read when it is whole.
  return { lines, offset: at === 0 && length === PAGE_BYTES ? start + length : at === 0 ? file.size : start + at };
}

function sliced({ buffer, bytesRead }: { readonly buffer: Buffer; readonly bytesRead: number }) {
  return { bytes: buffer.subarray(0, bytesRead) };
}
