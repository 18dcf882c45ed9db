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
      const [, kind, host, port] = (error instanceof SourceFailed && MOVED.exec(error.message)) || [];
      if (port === undefined || moves === MAX_MOVES) {
        throw error;
      }
      if (!isCluster) {
        throw new SourceFailed(
          `${address.host}:${address.port} is a member of a Redis cluster, and the key is at ${host || address.host}:${port}: add cluster=true to the URL (in scripts also RedisClient with the mode CLUSTER)`,
          { cause: error },
        );
      }
      // Without a host it is the same one.
      place = { ...place, host: host || place.host, port: Number(port) };
      if (kind === 'ASK') {
        await run(place, 'ASKING', []);
      }
    }
  }
}
