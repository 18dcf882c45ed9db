import { Presets, SingleBar } from 'cli-progress';
import type { Output } from './output.ts';

export interface Progress {
  update(value: number, words: Readonly<Record<string, string | number>>): void;
  stop(): void;
}

/** A bar on stderr where someone watches; nothing where nobody does. */
export function createProgress(output: Output, title: string, total: number, words: string): Progress {
  if (!output.live) {
    return { update() {}, stop() {} };
  }
  const bar = new SingleBar(
    {
      format: `${title.padEnd(12)} {bar} ${words}`,
      stream: output.stderr as unknown as NodeJS.WriteStream,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: false,
      etaBuffer: 1,
    },
    Presets.rect,
  );
  bar.start(total, 0, Object.fromEntries([...words.matchAll(/\{(\w+)\}/g)].map((match) => [match[1], 0])));

  return {
    update: (value, payload) => bar.update(value, payload),
    stop: () => bar.stop(),
  };
}
