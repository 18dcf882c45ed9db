import { hash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FileObject } from '../../../core/fdi/run-file-done.ts';
import { fileReader } from '../../../core/fdi/run-file-reader.ts';
import { checkFileSource, type FileSource } from '../../../core/fdi/run-file-source.ts';
import { FileChanged, type FileStore } from '../../../core/fdi/run-file-store.ts';
import type { Checkpoint } from '../../../core/fdi/run-ports.ts';
import { KILLS, MemoryTarget } from './memory-target.ts';

const SECOND = 1000;

/** A bucket in memory, read in pieces of a few bytes. */
class MemoryStore implements FileStore {
  readonly objects = new Map<string, { readonly bytes: Buffer; readonly modified: number }>();
  readonly moved = new Map<string, string>();
  lists = 0;
  /** Called before an object goes. */
  onGo: (key: string) => void = () => undefined;
  /** Called before each piece is read. */
  onRead: () => void = () => undefined;

  put(key: string, text: string | Buffer, modified: number): void {
    this.objects.set(key, { bytes: Buffer.from(text), modified });
  }

  #object(key: string): FileObject | undefined {
    const found = this.objects.get(key);

    return found && { key, etag: hash('md5', found.bytes), modified: found.modified, bytes: found.bytes.length };
  }

  async *list(prefix: string, after = ''): AsyncGenerator<FileObject> {
    this.lists += 1;
    for (const key of [...this.objects.keys()].sort()) {
      const object = this.#object(key);
      if (object !== undefined && key.startsWith(prefix) && key > after) yield object;
    }
  }

  async open({ key, etag }: FileObject, byte: number) {
    let at = byte;

    return {
      next: async () => {
        this.onRead();
        const now = this.#object(key);
        if (now?.etag !== etag) throw new FileChanged(`${key} is not what it was`);
        const piece = this.objects.get(key)?.bytes.subarray(at, at + 5) ?? Buffer.alloc(0);
        at += piece.length;

        return piece.length === 0 ? undefined : piece;
      },
      close: async () => undefined,
    };
  }

  async move({ key, etag }: FileObject, to: string): Promise<void> {
    this.onGo(key);
    if (this.#object(key)?.etag === etag) {
      this.moved.set(to, String(this.objects.get(key)?.bytes));
      this.objects.delete(key);
    }
  }

  async remove({ key, etag }: FileObject): Promise<void> {
    this.onGo(key);
    if (this.#object(key)?.etag === etag) this.objects.delete(key);
  }

  faultOf(error: unknown) {
    return { kind: 'lasting' as const, message: String(error) };
  }
}

function sourceOf(source: Partial<FileSource> = {}): FileSource {
  const own: FileSource = {
    ...{ kind: 'file', prefix: 'in/', format: 'csv', csv: { delimiter: ',', quote: '"' }, order: 'modified' },
    ...{ lateSeconds: 3600, afterwards: { kind: 'keep' }, timeZone: 'UTC' },
    ...source,
  };
  checkFileSource(own, 'Task: source');

  return own;
}

const memory = () => new MemoryTarget((value) => JSON.stringify((value as { id: unknown }).id).replaceAll('"', ''));
const csvOf = (ids: readonly number[]) => `id,name\n${ids.map((id) => `${id},n${id}\n`).join('')}`;
const idsOf = (target: MemoryTarget) => [...target.rows.keys()].map(Number).sort((a, b) => a - b);

const WAYS: readonly (readonly [string, Partial<FileSource>])[] = [
  ['kept, by when they arrived', {}],
  ['kept, by name', { order: 'name' }],
  ['deleted', { afterwards: { kind: 'delete' } }],
  ['moved', { afterwards: { kind: 'move', prefix: 'done/' }, order: 'name' }],
];

test.each(WAYS)(
  'files that are %s: every record arrives once, wherever the process dies, run after run',
  async (_way, rest) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(6), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        KILLS,
        async (sizes, pageSize, killed) => {
          const store = new MemoryStore();
          const target = memory();
          target.kills = killed;
          const source = sourceOf(rest);
          let id = 0;
          for (const [at, size] of sizes.entries()) {
            store.put(`in/${at}.csv`, csvOf(Array.from({ length: size }, () => id++)), at * SECOND);
            if (at % 2 === 1 || at === sizes.length - 1) {
              const from = target.rows.size;
              const { end, counts } = await target.run(() => fileReader({ source, store, pageSize }));

              expect(end.kind).toBe('succeeded');
              expect(idsOf(target)).toEqual(Array.from({ length: id }, (_, own) => own));
              expect(counts).toMatchObject({ read: id - from, written: id - from, rejected: 0 });
            }
          }
          const { counts } = await target.run(() => fileReader({ source, store, pageSize }));
          expect(counts.read).toBe(0);
          const left = source.afterwards.kind === 'keep' ? sizes.length : 0;
          expect([store.objects.size, store.moved.size]).toEqual([
            left,
            source.afterwards.kind === 'move' ? sizes.length : 0,
          ]);
        },
      ),
      { numRuns: 40 },
    );
  },
);

test('a file goes when the place behind it is in the target, and not before', async () => {
  const store = new MemoryStore();
  const target = memory();
  const going: unknown[] = [];
  store.onGo = (key) =>
    going.push([key, (target.place as { current: { key: string } | null } | null)?.current?.key ?? null]);
  for (const at of [0, 1, 2]) store.put(`in/${at}.csv`, csvOf([2 * at, 2 * at + 1]), at * SECOND);

  // Two records a page: each file ends with a page without any, which is not written.
  await target.run(() => fileReader({ source: sourceOf({ afterwards: { kind: 'delete' } }), store, pageSize: 2 }));

  expect(going.map((one) => (one as string[])[0])).toEqual(['in/0.csv', 'in/1.csv', 'in/2.csv']);
  for (const [key, current] of going as [string, string | null][]) expect(current).not.toBe(key);
});

test('a file that says it is older than one that was read is read, too, within the hour', async () => {
  const store = new MemoryStore();
  const target = memory();
  const run = () => target.run(() => fileReader({ source: sourceOf(), store, pageSize: 10 }));
  store.put('in/b', csvOf([1]), 7200 * SECOND);
  await run();
  store.put('in/a', csvOf([2]), 3700 * SECOND);
  await run();
  store.put('in/c', csvOf([3]), 7200 * SECOND);
  await run();

  expect(idsOf(target)).toEqual([1, 2, 3]);
});

test('a thousand files are remembered as a few, and none is read twice', async () => {
  const store = new MemoryStore();
  const target = memory();
  const source = sourceOf();
  for (let at = 0; at < 1000; at += 1) store.put(`in/${at}`, csvOf([at]), at * SECOND);
  const first = await target.run(() => fileReader({ source, store, pageSize: 10 }));
  store.put('in/new', csvOf([1000]), 1001 * SECOND);
  const second = await target.run(() => fileReader({ source, store, pageSize: 10 }));

  expect([first.counts.read, second.counts.read]).toEqual([1000, 1]);
  expect(JSON.stringify(target.mark).length).toBeLessThan(8000);
});

test('a file that is written anew while it is read begins again, and what was read of it is compared', async () => {
  const store = new MemoryStore();
  const target = memory();
  store.put('in/a.csv', csvOf([1, 2, 3, 4]), 0);
  let reads = 0;
  store.onRead = () => {
    reads += 1;
    if (reads === 6) store.put('in/a.csv', `${csvOf([1, 2, 3, 4, 5])}6,six\n`, 5 * SECOND);
  };

  const { counts } = await target.run(() => fileReader({ source: sourceOf(), store, pageSize: 1 }));

  expect(idsOf(target)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(counts.unchanged).toBeGreaterThan(0);
  expect(counts.read).toBe(counts.written + counts.unchanged);
});

test('a file that is taken away in the middle is said so, and the next one is read', async () => {
  const store = new MemoryStore();
  const target = memory();
  store.put('in/a.csv', csvOf([1, 2, 3, 4, 5, 6]), 0);
  store.put('in/b.csv', csvOf([7]), SECOND);
  let reads = 0;
  store.onRead = () => {
    reads += 1;
    if (reads === 6) store.objects.delete('in/a.csv');
  };

  const { end } = await target.run(() => fileReader({ source: sourceOf(), store, pageSize: 1 }));

  expect([end.kind, idsOf(target).at(-1)]).toEqual(['succeeded', 7]);
  expect([...target.rejected.values()][0]?.rejection.reason).toContain('taken away while it was read');
});

test('bad lines are quarantined by file and line, and the others arrive', async () => {
  const store = new MemoryStore();
  const target = memory();
  store.put('in/a.csv', '\uFEFFid,name\n1,a\n2,b,c\n"x"y,1\n3,\n', 0);
  await target.run(() => fileReader({ source: sourceOf(), store, pageSize: 10 }));

  expect([...target.rows.values()]).toEqual([
    { id: '1', name: 'a' },
    { id: '3', name: null },
  ]);
  expect([...target.rejected].map(([position, { rejection }]) => [position, rejection.reason])).toEqual([
    ['in/a.csv:3', 'the line has 3 cells, its file 2 columns'],
    ['in/a.csv:4', expect.stringContaining('behind a closed quote')],
  ]);
  // As they stood there, with what they were to be read by.
  expect([...target.rejected.values()].map(({ record }) => [record.value, record.csv?.columns])).toEqual([
    ['2,b,c', ['id', 'name']],
    ['"x"y,1', ['id', 'name']],
  ]);
});

test('JSON lines: objects are records, everything else is quarantined; where they stand is a field like others', async () => {
  const store = new MemoryStore();
  const target = memory();
  const fields = [
    { alias: 'id', type: 'integer', path: 'id' },
    { alias: 'file', type: 'string', path: '@object' },
    { alias: 'line', type: 'integer', path: '@line' },
  ] as const;
  store.put('in/a.jsonl', '{"id":1}\n[1]\nnull\n{"id":12345678901234567890,"x":{"y":1}}\n{', 0);
  await target.run(() => fileReader({ source: sourceOf({ format: 'json-lines', fields }), store, pageSize: 2 }));

  expect(JSON.stringify([...target.rows.values()])).toBe(
    '[{"id":1,"@object":"in/a.jsonl","@line":1},{"id":12345678901234567890,"x":{"y":1},"@object":"in/a.jsonl","@line":4}]',
  );
  expect([...target.rejected.keys()]).toEqual(['in/a.jsonl:2', 'in/a.jsonl:3', 'in/a.jsonl:5']);
});

test.each([
  ['another encoding', Buffer.from([0xff, 0xfe, 0x31, 0]), 'UTF-16'],
  ['a name that stands twice', Buffer.from('id,id\n1,2\n'), 'id stands there twice'],
])('a file of %s is named in the quarantine and stays where it is; the others are read', async (_what, text, words) => {
  const store = new MemoryStore();
  const target = memory();
  const source = sourceOf({ afterwards: { kind: 'delete' } });
  store.put('in/a.csv', text, 0);
  store.put('in/b.csv', csvOf([1]), SECOND);
  const fields = [{ alias: 'id', type: 'integer', path: 'id' }] as const;
  await target.run(() => fileReader({ source: { ...source, fields }, store, pageSize: 10 }));
  const second = await target.run(() => fileReader({ source: { ...source, fields }, store, pageSize: 10 }));

  expect([...target.rejected.values()][0]?.rejection.reason).toContain(words);
  expect([idsOf(target), [...store.objects.keys()], second.counts.read]).toEqual([[1], ['in/a.csv'], 0]);
});

test('where nothing lies a run has nothing to do; the fields are those of the newest file', async () => {
  const store = new MemoryStore();
  const target = memory();
  const reader = () => fileReader({ source: sourceOf(), store, pageSize: 10 });
  const { end } = await target.run(reader);
  store.put('in/a', 'id,x\n', 0);
  store.put('in/b', 'id,y\n1,2\n', SECOND);

  expect(end.kind).toBe('succeeded');
  expect((await reader().fields())?.map(({ name }) => name)).toEqual(['id', 'y']);
});

test('what a place holds is one of its declaration only', async () => {
  const store = new MemoryStore();
  const one = fileReader({ source: sourceOf(), store, pageSize: 10 });
  const place: Checkpoint = await one.begin(null);

  expect(await one.isOwn(place)).toBe(true);
  expect(await fileReader({ source: sourceOf({ prefix: 'other/' }), store, pageSize: 10 }).isOwn(place)).toBe(false);
});

test.each<readonly [string, Partial<FileSource>, string]>([
  ['a prefix with a star', { prefix: 'a*' }, 'prefix'],
  ['a move to where files are read', { afterwards: { kind: 'move', prefix: 'in/done/' } }, 'afterwards.move'],
  ['the same for delimiter and quote', { csv: { delimiter: '"', quote: '"' } }, 'csv'],
  ['columns twice', { csv: { delimiter: ',', quote: '"', columns: ['a_b', 'AB'] } }, 'csv.columns'],
])('%s is refused', (_what, source, setting) => {
  expect(() => sourceOf(source)).toThrow(`Task: source.${setting}: received`);
});
