import { InvalidSetting } from '../../../core/errors.ts';
import type { CallSources, SourceSettings } from '../sources/call-sources.ts';
import { SourceFailed } from '../sources/source.ts';

/** A command of `RedisClient`, and where to send it. */
export interface RedisCall {
  readonly mode: string;
  /** One server, some of a cluster, or the sentinels that know the master. */
  readonly places: readonly RedisPlace[];
  readonly master: string | null;
  readonly password: string | null;
  readonly database: number;
  /** To connect, and for an answer: milliseconds, 0 for as long as the call. */
  readonly timeout: number;
  readonly soTimeout: number;
  /** With a `?` for each word. */
  readonly command: string;
  readonly words: readonly string[];
}

interface RedisPlace {
  readonly host: string;
  readonly port: string;
}

/** @throws InvalidSetting, AddressRefused, SourceFailed, whose messages are for the script */
export async function redisCall(call: RedisCall, sources: CallSources): Promise<unknown> {
  const [first] = call.places;
  if (first === undefined) {
    throw new InvalidSetting('JedisConfig: ip', [], 'at least one address');
  }
  switch (call.mode) {
    case 'SINGLE':
      return run(call, first, sources);
    case 'CLUSTER':
      return onCluster(call, sources);
    case 'MASTER_SLAVE':
      return run(call, await masterOf(call, sources), sources);
    default:
      throw new InvalidSetting('JedisConfig: mode', call.mode, 'SINGLE, CLUSTER, MASTER_SLAVE');
  }
}

function run({ command, words, ...call }: RedisCall, place: RedisPlace, sources: CallSources): Promise<unknown> {
  return sources.execute(settingsOf(call, place), command, words);
}

function settingsOf(
  { mode, password, database, timeout, soTimeout }: Omit<RedisCall, 'command' | 'words'>,
  { host, port }: RedisPlace,
): SourceSettings {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const path = database === 0 ? '' : `/${database}`;
  const cluster = mode === 'CLUSTER' ? '&cluster=true' : '';

  return {
    type: 'redis',
    url: `redis://${name}:${port}${path}?connectTimeout=${timeout}&socketTimeout=${soTimeout}${cluster}`,
    user: null,
    password,
  };
}

/** Any member knows which of them has a key. */
async function onCluster(call: RedisCall, sources: CallSources): Promise<unknown> {
  return run(call, await firstThatAnswers(call, sources), sources);
}

async function firstThatAnswers(call: RedisCall, sources: CallSources): Promise<RedisPlace> {
  return (await firstAnswer(call.places, (place) => run({ ...call, command: 'PING', words: [] }, place, sources)))
    .place;
}

/** One of the sentinels says which server it is now. */
async function masterOf(call: RedisCall, sources: CallSources): Promise<RedisPlace> {
  const { places, master } = call;
  if (master === null) {
    throw new InvalidSetting('JedisConfig: master', master, 'the name the sentinels know the master by');
  }
  const question = {
    ...call,
    password: null,
    database: 0,
    command: 'SENTINEL GET-MASTER-ADDR-BY-NAME ?',
    words: [master],
  };
  const { answer } = await firstAnswer(places, (place) => run(question, place, sources));
  if (!Array.isArray(answer)) {
    throw new SourceFailed(`the sentinels know no master ${JSON.stringify(master)}`);
  }
  const [host, port] = answer as readonly unknown[];

  return { host: String(host), port: String(port) };
}

async function firstAnswer(places: readonly RedisPlace[], ask: (place: RedisPlace) => Promise<unknown>) {
  let failure: unknown;
  for (const place of places) {
    try {
      return { place, answer: await ask(place) };
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
