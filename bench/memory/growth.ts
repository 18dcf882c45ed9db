import Table from 'cli-table3';
import { slope } from '../fdi/statistics.ts';

/** What the consumer's process holds after so many records, in bytes; the heap after a collection. */
export interface Sample {
  readonly records: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** Bytes a record by which the process grows: slopes over the samples behind the warm-up. */
export interface Growth {
  readonly heapGrowth: number;
  readonly residentGrowth: number;
}

export interface MemoryReport extends Growth {
  readonly samples: readonly Sample[];
}

/** The first samples hold compiled code, connections and buffers that are made once. */
const WARM_UP = 0.3;
/** A record is 400 bytes and more, and a batch's log line 300: what kept one record of a hundred, or a line a batch, would be seen. */
const MAX_HEAP_GROWTH = 2;
/** The allocator's own, which goes up and down by megabytes: it settles within the run. */
const MAX_RESIDENT_GROWTH = 40;

/** @param samples at equal distances */
export function growthOf(samples: readonly Sample[]): Growth {
  const settled = samples.slice(Math.floor(samples.length * WARM_UP));
  const distance = (samples[1]?.records ?? 0) - (samples[0]?.records ?? 0);
  const of = (value: (sample: Sample) => number) => slope(settled.map(value)) / distance;

  return { heapGrowth: of(({ heapBytes }) => heapBytes), residentGrowth: of(({ residentBytes }) => residentBytes) };
}

export function memoryFault({ heapGrowth, residentGrowth }: Growth): string | undefined {
  if (heapGrowth > MAX_HEAP_GROWTH) {
    return `the heap grows by ${heapGrowth.toFixed(1)} bytes a record; at most ${MAX_HEAP_GROWTH}`;
  }
  if (residentGrowth > MAX_RESIDENT_GROWTH) {
    return `the process grows by ${residentGrowth.toFixed(1)} bytes a record; at most ${MAX_RESIDENT_GROWTH}`;
  }

  return undefined;
}

export function memoryTable({ samples, heapGrowth, residentGrowth }: MemoryReport): string {
  const table = new Table({
    head: ['records', 'heap, MB', 'process, MB'],
    colAligns: ['right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  for (const { records, heapBytes, residentBytes } of samples) {
    table.push([records.toLocaleString('en-US'), megabytes(heapBytes), megabytes(residentBytes)]);
  }

  return `${table.toString()}\n\ngrowth: heap ${heapGrowth.toFixed(2)}, process ${residentGrowth.toFixed(2)} bytes a record`;
}
