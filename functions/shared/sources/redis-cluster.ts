import { isOn, type SourceAddress } from '../../../core/apic/script/jdbc-url.ts';
import type { SourceValue } from '../../../core/apic/script/source-value.ts';
import { SourceFailed } from './source.ts';

/** Runs a command at one member. */
type Run = (address: SourceAddress, command: string, words: readonly SourceValue[]) => Promise<unknown>;

/** A cluster that is being changed sends a command on more than once. */
const MAX_MOVES = 5;
/** redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec: `MOVED 3999 127.0.0.1:6381` */
const MOVED = /^(MOVED|ASK) \d+ (.*):(\d+)$/;
/** What holds for one member, and not for the next that a command is sent to. */
const OF_ONE_MEMBER = /^\s*(MULTI|EXEC|DISCARD|WATCH|UNWATCH)\b/i;

/**
 * A command of Redis; with `cluster=true` in the URL, sent on to the member that has its key. Each is judged and verified as the first is.
 *
 * @throws SourceFailed for a member of a cluster whose URL does not say so
 */
export async function onRedis(
  address: SourceAddress,
  command: string,
  words: readonly SourceValue[],
  run: Run,
): Promise<unknown> {
  const isCluster = isOn(address.options, 'cluster', false);
  const [, transaction] = OF_ONE_MEMBER.exec(command) ?? [];
  if (isCluster && transaction !== undefined) {
    throw new SourceFailed(
      `${transaction.toUpperCase()} is of one member, and a cluster has its keys in several: EVAL with keys of one {slot} does several things at once`,
    );
  }
  let place = address;
  for (let moves = 0; ; moves += 1) {
    try {
      return await run(place, command, words);
    } catch (error) {
      const moved = error instanceof SourceFailed ? movedTo(error, place) : undefined;
      if (moved === undefined || moves === MAX_MOVES) {
        throw error;
      }
      if (!isCluster) {
        throw memberOfCluster(address, moved.place, error);
      }
      place = moved.place;
      if (moved.isAsking) {
        await run(place, 'ASKING', []);
      }
    }
  }
}

/** Where a member of a cluster sends a command on to; undefined of another refusal. */
export function movedTo(
  { message }: Error,
  from: SourceAddress,
): { readonly place: SourceAddress; readonly isAsking: boolean } | undefined {
  const [, kind, host, port] = MOVED.exec(message) ?? [];

  // Without a host it is the same one.
  return port === undefined
    ? undefined
    : { place: { ...from, host: host || from.host, port: Number(port) }, isAsking: kind === 'ASK' };
}

/** What a URL without `cluster=true` has led to. */
export function memberOfCluster(asked: SourceAddress, owner: SourceAddress, cause?: unknown): SourceFailed {
  return new SourceFailed(
    `${asked.host}:${asked.port} is a member of a Redis cluster, and the key is at ${owner.host}:${owner.port}: add cluster=true to the URL (in scripts also RedisClient with the mode CLUSTER)`,
    { cause },
  );
}
