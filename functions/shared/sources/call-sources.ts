import { parseSourceUrl, type SourceAddress, verifiedAddress } from '../../../core/apic/script/jdbc-url.ts';
import type { SourceValue } from '../../../core/apic/script/source-value.ts';
import { guardAddress } from '../address-guard.ts';
import { isPlatformEndpoint, platformSession } from './platform-source.ts';
import { onRedis } from './redis-cluster.ts';
import { SourceFailed, type SourceLogin, type SourceSession, within } from './source.ts';
import type { SourcePool } from './source-pool.ts';

/** What a script says of a source. */
export interface SourceSettings {
  readonly type: string | null;
  readonly url: string | null;
  readonly user: string | null;
  readonly password: string | null;
  /** PEM: the authorities that certify it. With them it is always encrypted and verified. */
  readonly ca?: string | null;
}

/** The sources of one call of a script: a session each, the same from its first statement to the call's end. */
export interface CallSources {
  /** @throws InvalidSetting, AddressRefused, SourceFailed, whose messages are for the script */
  execute(source: SourceSettings, statement: string, values: readonly SourceValue[]): Promise<unknown>;
  /** Gives the sessions back: what is open is rolled back, what still runs is ended. */
  end(): Promise<void>;
}

interface Lent {
  readonly session: SourceSession;
  readonly giveBack: () => Promise<void>;
}

/** Kept from a call's time, in milliseconds, so that a script still sees what became of its statement. */
const RESERVE_MS = 1500;
/** Different ones of a call: more are a mistake, and each is a connection. */
const MAX_SOURCES = 20;

export function callSources(pool: SourcePool, remainingMs: () => number): CallSources {
  const lent = new Map<string, Promise<Lent>>();
  let busy: Promise<unknown> = Promise.resolve();

  async function lend(
    address: SourceAddress,
    { user, password, ca }: Pick<SourceLogin, 'user' | 'password'> & { readonly ca: string | null },
    timeMs: number,
  ): Promise<Lent> {
    if (isPlatformEndpoint(address)) {
      const session = await platformSession(address, { user, password });
      if (session !== undefined) {
        return { session, giveBack: () => session.reset() };
      }
    }
    const pinned = await within(
      timeMs,
      guardAddress(address.host, address.port),
      () => new SourceFailed(`no address of ${address.host} within ${Math.round(timeMs)} ms`),
    ).catch((error: unknown) => {
      throw isUnknownHost(error) ? new SourceFailed(`there is no host ${address.host}`) : error;
    });
    const login: SourceLogin = { address, pinned, user, password, ...(ca !== null && { ca }) };
    const session = await pool.borrow(login, timeMs);

    return { session, giveBack: () => pool.giveBack(login, session) };
  }

  async function sessionFor(settings: SourceSettings, address: SourceAddress): Promise<SourceSession> {
    const key = JSON.stringify([settings, address.host, address.port]);
    const known = await lent.get(key)?.catch(() => undefined);
    if (known?.session.usable === true) {
      return known.session;
    }
    await known?.giveBack();
    if (!lent.has(key) && lent.size >= MAX_SOURCES) {
      throw new SourceFailed(`one call may use ${MAX_SOURCES} different sources: a URL, a user and a password each`);
    }
    // As Java has it: what is set beside the URL counts more than what stands in it.
    const user = settings.user || address.user || '';
    const password = settings.password || address.password || '';
    const ca = settings.ca ?? null;
    const opening = lend(address, { user, password, ca }, Math.min(address.connectMs, remainingMs() - RESERVE_MS));
    lent.set(key, opening);

    return (await opening).session;
  }

  async function run(
    settings: SourceSettings,
    address: SourceAddress,
    statement: string,
    values: readonly SourceValue[],
  ): Promise<unknown> {
    const session = await sessionFor(settings, address);
    const timeMs = Math.min(address.statementMs ?? Number.POSITIVE_INFINITY, remainingMs() - RESERVE_MS);

    return session.execute(statement, values, timeMs);
  }

  return {
    execute(settings, statement, values) {
      const work = async () => {
        const address = sourceAddress(settings);

        return address.kind === 'redis'
          ? onRedis(address, statement, values, (place, ...what) => run(settings, place, ...what))
          : run(settings, address, statement, values);
      };
      const running = work();
      busy = running.catch(() => undefined);

      return running;
    },

    async end() {
      const idle = await isSettled(busy);
      await Promise.all(
        [...lent.values()].map(async (opening) => {
          const entry = await (idle ? opening : Promise.race([opening, undefined])).catch(() => undefined);
          if (!idle) {
            // Ended from outside in the middle of a statement: nobody can say what state it is in.
            entry?.session.close();
            opening.then(({ session }) => session.close()).catch(() => undefined);
          }
          await entry?.giveBack().catch(() => entry.session.close());
        }),
      );
    },
  };
}

/** @throws InvalidSetting for a URL that names no source, or asks for less than its authorities are there for */
export function sourceAddress({ type, url, ca }: SourceSettings): SourceAddress {
  const address = parseSourceUrl(type ?? undefined, url ?? '');

  return (ca ?? null) === null ? address : verifiedAddress(address);
}

async function isSettled(work: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');

  return (await Promise.race([work, Promise.resolve(pending)])) !== pending;
}

function isUnknownHost(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOTFOUND';
}
