/**
 * How far a shard has been processed while several lanes work on it: the checkpoint is the last sequence number before
 * which nothing is open. What a lane finished behind an open record of another is sent again after a restart.
 */
export interface ShardProgress {
  /** Records handed to the lanes, in the order of the shard. */
  add(sequenceNumbers: readonly string[]): void;
  /** Records that are done; answers the new checkpoint when it moved. */
  finish(sequenceNumbers: readonly string[]): string | undefined;
  /** Records handed out and not yet below the checkpoint. */
  readonly open: number;
}

export function createShardProgress(): ShardProgress {
  const order: string[] = [];
  const finished = new Set<string>();

  return {
    add: (sequenceNumbers) => {
      for (const one of sequenceNumbers) order.push(one);
    },
    finish(sequenceNumbers) {
      for (const one of sequenceNumbers) finished.add(one);
      let passed = 0;
      while (passed < order.length && finished.has(order[passed] as string)) {
        finished.delete(order[passed] as string);
        passed += 1;
      }
      return order.splice(0, passed).at(-1);
    },
    get open() {
      return order.length;
    },
  };
}
