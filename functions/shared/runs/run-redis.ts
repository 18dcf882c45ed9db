import { isOn, type SourceAddress } from '../../../core/apic/script/jdbc-url.ts';
import { InvalidSetting } from '../../../core/errors.ts';
import { type RedisCommand, type RedisPort, RedisRefused, type RedisReply } from '../../../core/fdi/run-redis-port.ts';
import { memberOfCluster, movedTo } from '../sources/redis-cluster.ts';
import { SourceFailed, type SourceSession } from '../sources/source.ts';
import { createSourcePool, type SourcePool } from '../sources/source-pool.ts';
import { addressOf, type DatabaseLogin, openAt } from './driver-session.ts';
import { loginOf, type Side } from './run-login.ts';

export interface RunRedisPorts {
  readonly pool?: SourcePool;
  readonly login?: () => Promise<DatabaseLogin>;
}

/** A command on its way: which of those that were asked it is, and to whom it goes. */
interface Errand {
  readonly index: number;
  readonly command: RedisCommand;
  readonly place: SourceAddress;
  /** A slot that is being moved: its new member wants to be told that it is asked already. */
  readonly isAsking: boolean;
}

/** A cluster that is being changed sends a command on more than once. */
const MAX_MOVES = 5;

let shared: SourcePool | undefined;

/** The Redis that the function's environment names, over one connection to each of its members. */
export function runRedis(side: Side, ports: RunRedisPorts = {}): RedisPort {
  const { login: readLogin = () => loginOf(side) } = ports;
  const sessions = new Map<string, SourceSession>();
  let first: { readonly address: SourceAddress; readonly login: DatabaseLogin } | undefined;

  async function sessionAt(place: SourceAddress, login: DatabaseLogin): Promise<SourceSession> {
    const key = placeKey(place);
    const known = sessions.get(key);
    if (known?.usable === true) {
      return known;
    }
    const session = await openAt(ports.pool ?? ownPool(), place, login);
    sessions.set(key, session);

    return session;
  }

  async function run(errands: readonly Errand[], place: SourceAddress, login: DatabaseLogin, timeMs: number) {
    const session = await sessionAt(place, login);
    if (session.pipeline === undefined) {
      throw new SourceFailed('the driver takes one command at a time');
    }
    const commands = errands.flatMap(({ isAsking, command }) =>
      isAsking ? [['ASKING'] as const, command] : [command],
    );
    const replies = await session.pipeline(commands, timeMs);
    let at = -1;

    return errands.map((errand) => {
      at += errand.isAsking ? 2 : 1;

      return { errand, reply: replies[at] };
    });
  }

  return {
    async ask(commands, timeMs) {
      if (first === undefined || sessions.get(placeKey(first.address))?.usable !== true) {
        // Passwords rotate: each connection is made with the present one.
        first = await opened(readLogin, side);
      }
      const { address, login } = first;
      const isCluster = isOn(address.options, 'cluster', false);
      const answers: (RedisReply | RedisRefused)[] = [];
      let errands: readonly Errand[] = commands.map((command, index) => ({
        ...{ index, command, place: address, isAsking: false },
      }));
      for (let moves = 0; errands.length > 0; moves += 1) {
        const next: Errand[] = [];
        for (const [, group] of Map.groupBy(errands, ({ place }) => placeKey(place))) {
          const place = group[0]?.place ?? address;
          for (const { errand, reply } of await run(group, place, login, timeMs)) {
            const moved = reply instanceof Error ? movedTo(reply, errand.place) : undefined;
            if (moved !== undefined && !isCluster) {
              throw memberOfCluster(errand.place, moved.place);
            }
            if (moved === undefined || moves === MAX_MOVES) {
              answers[errand.index] = reply instanceof Error ? new RedisRefused(reply.message) : (reply as RedisReply);
            } else {
              next.push({ ...errand, ...moved });
            }
          }
        }
        errands = next;
      }

      return answers;
    },

    async close() {
      for (const session of sessions.values()) {
        session.close();
      }
      sessions.clear();
      first = undefined;
    },
  };
}

/** @throws InvalidSetting for a URL of another kind */
async function opened(readLogin: () => Promise<DatabaseLogin>, side: Side) {
  const login = await readLogin();
  const address = addressOf(login);
  if (address.kind !== 'redis') {
    throw new InvalidSetting(
      `${side.toLowerCase()}.redis.url`,
      address.kind,
      'redis://host:6379 or rediss://host:6379',
    );
  }

  return { login, address };
}

function placeKey({ host, port }: SourceAddress): string {
  return `${host}:${port}`;
}

function ownPool(): SourcePool {
  shared ??= createSourcePool();

  return shared;
}
