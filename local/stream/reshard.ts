import { AwsError } from '../errors.ts';
import { evenRanges, type HashKeyRange } from './hash-key.ts';
import { Shard, type ShardState, shardId } from './shard.ts';
import type { Stream } from './stream.ts';

/**
 * Splits and merges. A parent is closed and keeps its records until retention drops them; its children take over its
 * hash keys. Readers finish a parent before its children, which keeps the order per partition key.
 */
export async function splitShard(stream: Stream, parent: Shard, newStart: bigint): Promise<void> {
  requireOpen(stream, parent);
  const { start, end } = parent.range;
  if (newStart <= start + 1n || newStart >= end) {
    throw new AwsError(
      'InvalidArgumentException',
      `NewStartingHashKey ${newStart} used in SplitShard() on shard ${parent.id} in stream ${stream.name} is not both greater than one plus the shard's StartingHashKey ${start} and less than the shard's EndingHashKey ${end - 1n}.`,
    );
  }
  await replace(
    stream,
    [parent],
    [
      { start, end: newStart - 1n },
      { start: newStart, end },
    ],
  );
}

export async function mergeShards(stream: Stream, one: Shard, other: Shard): Promise<void> {
  requireOpen(stream, one);
  requireOpen(stream, other);
  const [low, high] = one.range.start < other.range.start ? [one, other] : [other, one];
  if (low.range.end + 1n !== high.range.start) {
    throw new AwsError(
      'InvalidArgumentException',
      `Shards ${one.id} and ${other.id} in stream ${stream.name} are not an adjacent pair of shards eligible for merging`,
    );
  }
  await replace(stream, [one, other], [{ start: low.range.start, end: high.range.end }]);
}

/** Even ranges by splits at every missing boundary, then merges: as UpdateShardCount does, with short-lived shards between. */
export async function scaleUniformly(stream: Stream, target: number): Promise<void> {
  const current = stream.openShards.length;
  if (target > current * 2 || target < Math.ceil(current / 2)) {
    throw new AwsError(
      'InvalidArgumentException',
      `UpdateShardCount cannot scale ${stream.name} from ${current} to ${target} shards: one call may at most double the count or halve it.`,
    );
  }
  const ranges = evenRanges(target);
  for (const { start } of ranges) {
    const holder = stream.openShards.find((shard) => shard.range.start < start && start <= shard.range.end);
    if (holder !== undefined) await splitShard(stream, holder, start);
  }
  for (const range of ranges) {
    let parts = partsOf(stream, range);
    while (parts.length > 1) {
      await mergeShards(stream, parts[0] as Shard, parts[1] as Shard);
      parts = partsOf(stream, range);
    }
  }
}

function partsOf(stream: Stream, range: HashKeyRange): Shard[] {
  return stream.openShards.filter((shard) => shard.range.start >= range.start && shard.range.end <= range.end);
}

async function replace(stream: Stream, parents: readonly Shard[], ranges: readonly HashKeyRange[]): Promise<void> {
  const now = stream.now();
  const [parent, adjacent] = parents as [Shard, Shard?];
  // Later than the parents, to the second: the children's sequence numbers must be greater.
  const created = Math.max(Math.floor(now / 1000), ...parents.map((shard) => shard.state.created + 1));
  const firstIndex = Math.max(...stream.state.shards.map((shard) => shard.index)) + 1;
  const children = ranges.map(
    (range, offset): ShardState => ({
      index: firstIndex + offset,
      created,
      start: String(range.start),
      end: String(range.end),
      parent: shardId(parent.state.index),
      ...(adjacent !== undefined && { adjacentParent: shardId(adjacent.state.index) }),
    }),
  );
  const added = await Promise.all(children.map((child) => Shard.open(child, stream.directory, stream.now)));
  const closing = new Set(parents.map((shard) => shard.state.index));
  await stream.reshape(
    (shards) => [...shards.map((shard) => (closing.has(shard.index) ? { ...shard, closed: now } : shard)), ...children],
    added,
  );
}

function requireOpen(stream: Stream, shard: Shard): void {
  if (shard.isOpen) return;

  throw new AwsError(
    'InvalidArgumentException',
    `Shard ${shard.id} in stream ${stream.name} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );
}
