import { Buffer } from 'node:buffer';
import { type FileHandle, open, readdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ArrivalMinutes, type Arrivals, addArrival } from './arrivals.ts';
import {
  decodeRecord,
  isSound,
  OVERHEAD_BYTES,
  recordBytes,
  recordHead,
  type StoredRecord,
  sizeOf,
} from './record-codec.ts';

/** Every this many records the index holds one place: 16 bytes for 64 records, and a read skips at most 63. */
const INDEX_EVERY = 64;
/** Read at once when the caller wants much; one record may be larger. */
const READ_BYTES = 1 << 20;

interface Place {
  readonly offset: number;
  readonly arrived: number;
}

export interface ReadLimits {
  readonly records: number;
  /** Of data and partition keys; the first record is returned whatever its size. */
  readonly bytes: number;
}

/** One append-only file of a shard, named by its first record's counter; counters in it have no gaps. */
export class Segment {
  readonly file: string;
  /** Counter of the first record, whether or not there is one yet. */
  readonly base: number;
  readonly #index: Place[] = [];
  readonly #arrivals = new Map<number, Arrivals>();
  #count = 0;
  #bytes = 0;
  #firstArrived: number | undefined;
  #lastArrived = 0;
  #handle: FileHandle | undefined;
  #loaded: Promise<void> | undefined;

  private constructor(file: string, base: number) {
    this.file = file;
    this.base = base;
  }

  /** A new file to append to. The folder is synced too: a file whose name is lost is a lost file. */
  static async create(directory: string, base: number): Promise<Segment> {
    const segment = new Segment(join(directory, `${String(base).padStart(16, '0')}.log`), base);
    segment.#handle = await open(segment.file, 'w+');
    segment.#loaded = Promise.resolve();
    const folder = await open(directory, 'r');
    await folder.sync().finally(() => folder.close());

    return segment;
  }

  /** The folder's segments, oldest first; their indexes are built when first needed. */
  static async list(directory: string): Promise<Segment[]> {
    const names = (await readdir(directory)).filter((name) => /^\d{16}\.log$/.test(name)).sort();

    return names.map((name) => new Segment(join(directory, name), Number(basename(name, '.log'))));
  }

  /** Opens the newest segment to append to, cutting off what a crash tore. */
  async recover(): Promise<void> {
    this.#handle = await open(this.file, 'r+');
    this.#loaded = this.#scan(await this.#handle.readFile(), isSound);
    await this.#loaded;
    await this.#handle.truncate(this.#bytes);
    await this.#handle.datasync();
  }

  /** Counter after the last record on disk. Loaded or active segments only. */
  get next(): number {
    return this.base + this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get lastArrived(): number {
    return this.#lastArrived;
  }

  /** When its first record arrived; undefined while it has none. Does not load the segment. */
  async firstArrived(): Promise<number | undefined> {
    if (this.#index[0] !== undefined) return this.#index[0].arrived;
    if (this.#loaded === undefined) this.#firstArrived ??= await readFirstArrived(this.file);

    return this.#firstArrived;
  }

  /** What came in, by the minute: of what is on disk. */
  async arrivals(): Promise<ArrivalMinutes> {
    await this.load();

    return this.#arrivals;
  }

  /** Writes whole records and returns when they are on disk. A failure leaves the segment as it was. */
  async append(records: readonly Buffer[]): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) throw new TypeError(`${this.file} is closed`);
    const chunk = records.length === 1 ? (records[0] as Buffer) : Buffer.concat(records);
    await handle.write(chunk, 0, chunk.length, this.#bytes);
    await handle.datasync();
    for (const record of records) this.#admit(recordHead(record, 0).arrived, record.length);
  }

  /** Records from `counter` on, within the limits and not beyond what is on disk. */
  async read(counter: number, limits: ReadLimits): Promise<StoredRecord[]> {
    await this.load();
    if (counter >= this.next) return [];
    const extent = { offset: this.#placeOf(counter).offset, end: this.#bytes, counter, limits };
    const own = this.#handle;
    if (own !== undefined) {
      return collect(own, extent).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EBADF' && this.#handle === undefined) return this.read(counter, limits); // just closed
        throw error;
      });
    }
    const handle = await open(this.file, 'r');

    return collect(handle, extent).finally(() => handle.close());
  }

  /** Counter of the first record that arrived at `time` or later; `next` when all are older. */
  async counterAt(time: number): Promise<number> {
    await this.load();
    let low = 0;
    let high = this.#index.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#index[middle] as Place).arrived < time) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return this.base;
    const from = this.base + (low - 1) * INDEX_EVERY;
    const records = await this.read(from, { records: INDEX_EVERY, bytes: Number.POSITIVE_INFINITY });

    return records.find((record) => record.arrived >= time)?.counter ?? from + records.length;
  }

  /** No more appends; reads go on, opening the file when they need it. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async delete(): Promise<void> {
    await this.close();
    await unlink(this.file);
  }

  /** Builds the index of a segment that a former run wrote and closed: whole by then, so the crc is not checked. */
  load(): Promise<void> {
    this.#loaded ??= open(this.file, 'r').then(async (handle) => {
      try {
        await this.#scan(await handle.readFile(), isWhole);
      } finally {
        await handle.close();
      }
    });

    return this.#loaded;
  }

  async #scan(content: Buffer, passes: (buffer: Buffer, offset: number) => boolean): Promise<void> {
    let offset = 0;
    while (passes(content, offset)) {
      const head = recordHead(content, offset);
      if (head.counter !== this.next) break; // bytes of an append that failed, behind a shorter one that did not
      const bytes = recordBytes(content, offset) as number;
      this.#admit(head.arrived, bytes);
      offset += bytes;
    }
  }

  #admit(arrived: number, bytes: number): void {
    if (this.#count % INDEX_EVERY === 0) this.#index.push({ offset: this.#bytes, arrived });
    this.#count += 1;
    this.#bytes += bytes;
    addArrival(this.#arrivals, arrived, bytes - OVERHEAD_BYTES);
    this.#lastArrived = arrived;
  }

  #placeOf(counter: number): Place {
    return this.#index[Math.floor((counter - this.base) / INDEX_EVERY)] ?? { offset: 0, arrived: 0 };
  }
}

async function readFirstArrived(file: string): Promise<number | undefined> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(OVERHEAD_BYTES);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);

    return bytesRead === head.length ? recordHead(head, 0).arrived : undefined;
  } finally {
    await handle.close();
  }
}

function isWhole(buffer: Buffer, offset: number): boolean {
  const bytes = recordBytes(buffer, offset);

  return bytes !== undefined && offset + bytes <= buffer.length;
}

interface Extent {
  readonly offset: number;
  readonly end: number;
  readonly counter: number;
  readonly limits: ReadLimits;
}

/** Reads chunk by chunk: the records handed out are views of the chunks, so no data byte is copied. */
async function collect(handle: FileHandle, { offset, end, counter, limits }: Extent): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  let bytes = 0;
  let position = offset;
  let want = Math.min(READ_BYTES, 4096 + limits.records * 512);
  while (position < end) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(want, end - position));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead < chunk.length) return records; // the segment was deleted or cut meanwhile
    let at = 0;
    let size = recordBytes(chunk, at);
    while (size !== undefined && at + size <= chunk.length) {
      if (recordHead(chunk, at).counter >= counter) {
        const record = decodeRecord(chunk, at, size);
        bytes += sizeOf(record);
        if (records.length > 0 && bytes > limits.bytes) return records;
        records.push(record);
        if (records.length >= limits.records) return records;
      }
      at += size;
      size = recordBytes(chunk, at);
    }
    want = Math.max(READ_BYTES, size ?? 0);
    position += at;
  }

  return records;
}
