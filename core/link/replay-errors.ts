import { Buffer } from 'node:buffer';
import { InvalidSetting, Refusal } from '../errors.ts';
import { maskFields } from '../mqs/mask-fields.ts';
import { keyOf, type PartitionKey } from '../mqs/partition-key.ts';
import {
  type ErrorObjects,
  type NamedProduct,
  productIdOf,
  readError,
  type StoredErrorDetails,
} from './error-store.ts';
import { type ReplayClaim, type ReplayClaims, type ReplayedRecords, requireOver, searchTopic } from './replay-claim.ts';

/** What of the error store is put into its topic: of the keys alone, or of everything that the rest allows. */
export interface ReplayRequest {
  /** A topic, or a rule: then only the messages of its product and device. */
  readonly target: string;
  readonly keys?: readonly string[];
  readonly product?: string;
  readonly device?: string;
  /** Taken by their rule from then on, and before; milliseconds since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** `next` of the call before. */
  readonly after?: string;
}

export interface ReplayAnswer {
  readonly topic: string;
  /** Put into the topic by this call. */
  readonly replayed: number;
  /** Found in the topic: a call that was killed had put them there. */
  readonly settled: number;
  /** The topic did not take them now: they stay. */
  readonly left: number;
  /** They stay, and why. */
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
  /** Present when there is more. */
  readonly next?: string;
}

export interface ReplayRecord {
  readonly data: string;
  readonly partitionKey: string;
}

export interface ReplayErrorsPorts {
  readonly objects: ErrorObjects & { remove(key: string): Promise<void> };
  readonly products: () => Promise<readonly NamedProduct[]>;
  readonly topic: (name: string) => Promise<TargetTopic | undefined>;
  readonly rules: () => Promise<readonly TargetRule[]>;
  readonly claims: ReplayClaims;
  readonly records: ReplayedRecords;
  /**
   * Puts at most 500 records once; answers for each whether the stream has acknowledged it.
   *
   * @throws NotPut when the stream refused all of them; anything else when nobody can tell what it has
   */
  readonly put: (stream: string, records: readonly ReplayRecord[]) => Promise<readonly boolean[]>;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly random: () => number;
  readonly newId: () => string;
}

/** As the catalogue has it. */
export interface TargetTopic {
  readonly stream: string;
  readonly partitionKey?: PartitionKey;
  readonly filterFields?: readonly string[];
}

export interface TargetRule {
  readonly name: string;
  /** Names. */
  readonly product: string;
  readonly topic: string;
  /** `+` for all. */
  readonly device: string;
}

/** The stream refused the whole call, and will again: nothing of it was stored. */
export class NotPut extends Error {
  override readonly name = 'NotPut';
}

interface Message extends ReplayRecord {
  readonly key: string;
}

interface Selection {
  readonly topic: string;
  readonly prefix: string;
  readonly request: ReplayRequest;
}

/** As many as Kinesis takes at once. D:kinesis/latest/APIReference/API_PutRecords */
const MAX_RECORDS = 500;
const MAX_CALL_BYTES = 4_000_000;
const MAX_PAGE_BYTES = 8_000_000;
const PAGE = MAX_RECORDS + 1;
const READ_AT_ONCE = 32;
/** Longer than the function may run, which is 20 s: when it is over, nothing is on its way any more. */
const CLAIM_MS = 25_000;
const BUDGET_MS = 15_000;
const WAITS_MS: readonly number[] = [100, 300, 900, 1500];

/**
 * Puts up to 500 messages of the error store into their topic as their rule would have, each once, and removes those that the topic has
 * acknowledged.
 *
 * A claim is noted before anything is sent. Whoever finds one that was not given back looks into the topic for what it sent: what is there
 * is removed from the store, what is not is sent again. So a call that is killed anywhere neither loses a message nor doubles it, as long
 * as the topic keeps its messages until then.
 *
 * @throws Refusal CAUSEWAY.0404 for a target that is not there, CAUSEWAY.0412 for a topic that no rule forwards to, CAUSEWAY.0423 while
 * another call is at it; InvalidSetting
 */
export async function replayErrors(ports: ReplayErrorsPorts, request: ReplayRequest): Promise<ReplayAnswer> {
  const { claims, now } = ports;
  const deadline = now() + BUDGET_MS;
  const [selection, target] = await select(ports, request);
  const { topic } = selection;
  const before = await claims.find(topic);
  if (before !== undefined) {
    requireOver(topic, before, now());
  }
  const { settled, complete } =
    before === undefined
      ? { settled: 0, complete: true }
      : await settle(ports, { topic, target, claim: before, deadline });
  if (!complete) {
    return { topic, replayed: 0, settled, left: 0, skipped: [], next: request.after ?? '' };
  }
  const claim: ReplayClaim = { claim: ports.newId(), at: now(), until: now() + CLAIM_MS, keys: [] };
  if (!(await claims.take(topic, claim, before))) {
    requireOver(topic, claim, now());
  }
  const { keys, next } = await keysOf(ports, selection);
  const { messages, skipped } = await messagesOf(ports, target, keys);
  const replayed = messages.length === 0 ? 0 : await send(ports, { topic, target, claim, messages, deadline });
  await claims.giveBack(topic, claim);

  return {
    topic,
    ...{ replayed, settled, left: messages.length - replayed, skipped },
    ...(next !== undefined && { next }),
  };
}

interface Sending {
  readonly topic: string;
  readonly target: TargetTopic;
  readonly claim: ReplayClaim;
  readonly messages: readonly Message[];
  readonly deadline: number;
}

/** Sends under a claim and removes what was acknowledged. A fault that leaves open what was stored leaves the claim, too. */
async function send(ports: ReplayErrorsPorts, { topic, target, claim, messages, deadline }: Sending): Promise<number> {
  const keys = messages.map(({ key }) => key);
  const note = async (acknowledged: number) => {
    if (!(await ports.claims.change(topic, { ...claim, keys, acknowledged }))) {
      requireOver(topic, claim, claim.at);
    }
  };
  await note(0);
  const giveUp = async (error: unknown): Promise<never> => {
    if (!(error instanceof NotPut)) {
      throw error;
    }
    await ports.claims.giveBack(topic, claim);
    throw new Refusal('CAUSEWAY.0412', { message: `${topic} takes nothing: ${error.message}`, cause: error });
  };
  let replayed = 0;
  let open = messages;
  for (let attempt = 0; open.length > 0; attempt += 1) {
    const left: Message[] = [];
    for (const call of calls(open)) {
      const taken = await ports.put(target.stream, call.map(recordOf)).catch(giveUp);
      const acknowledged = call.filter((_, at) => taken[at] === true);
      replayed += acknowledged.length;
      // Whoever finds them gone, when this call was killed before its answer, knows by that where they are.
      await note(replayed);
      await inParallel(acknowledged, ({ key }) => ports.objects.remove(key));
      left.push(...call.filter((_, at) => taken[at] !== true));
    }
    open = left;
    const wait = WAITS_MS[attempt];
    if (wait === undefined || ports.now() + wait > deadline) {
      break;
    }
    if (open.length > 0) {
      await ports.wait(wait);
    }
  }

  return replayed;
}

function recordOf({ data, partitionKey }: Message): ReplayRecord {
  return { data, partitionKey };
}

/** Removes what a killed call had put into the topic. @returns how many, and whether all of the topic was searched */
async function settle(
  ports: ReplayErrorsPorts,
  { topic, target, claim: before, deadline }: Omit<Sending, 'messages'>,
): Promise<{ readonly settled: number; readonly complete: boolean }> {
  const { messages } = await messagesOf(ports, target, before.keys);
  const removed = Math.min(before.keys.length - messages.length, before.acknowledged ?? 0);
  if (messages.length === 0) {
    return { settled: removed, complete: true };
  }
  const wanted = new Map(messages.map(({ data, key }) => [data, key]));
  const found = await searchTopic(ports.records, {
    ...{ stream: target.stream, claim: before, wanted, deadline },
    now: ports.now,
  });
  await inParallel(found.keys, (key) => ports.objects.remove(key));
  if (!found.complete) {
    const keys = messages.map(({ key }) => key).filter((key) => !found.keys.includes(key));
    await ports.claims.change(topic, { ...before, keys, acknowledged: 0, searched: found.searched });
  }

  return { settled: removed + found.keys.length, complete: found.complete };
}

async function select(ports: ReplayErrorsPorts, request: ReplayRequest): Promise<readonly [Selection, TargetTopic]> {
  const [rules, products] = await Promise.all([ports.rules(), ports.products()]);
  const known = await ports.topic(request.target);
  const rule = known === undefined ? rules.find(({ name }) => name === request.target) : undefined;
  const topic = rule?.topic ?? request.target;
  const target = known ?? (rule && (await ports.topic(rule.topic)));
  if (target === undefined) {
    throw new Refusal('CAUSEWAY.0404', { message: `There is no topic and no rule ${request.target}.` });
  }
  if (!rules.some((one) => one.topic === topic)) {
    throw new Refusal('CAUSEWAY.0412', {
      message: `No rule forwards to ${topic} any more: what its stack allowed went with the rule. Deploy a rule for it first.`,
    });
  }
  const product = request.product ?? rule?.product;
  const device = request.device ?? (rule === undefined || rule.device === '+' ? undefined : rule.device);
  if (device !== undefined && product === undefined) {
    throw new InvalidSetting(
      'device',
      device,
      'a device together with its product: the error store is kept by product',
    );
  }
  const productId = product === undefined ? undefined : productIdOf(products, product);
  const prefix = productId === undefined ? '' : `${productId}/${device === undefined ? '' : `${device}/`}`;

  return [{ topic, prefix, request }, target];
}

/** At most 500 keys, and from where on there are more. */
async function keysOf(
  { objects }: ReplayErrorsPorts,
  { topic, prefix, request }: Selection,
): Promise<{ readonly keys: readonly string[]; readonly next?: string }> {
  if (request.keys !== undefined) {
    return { keys: request.keys };
  }
  const keys: string[] = [];
  let bytes = 0;
  let after = request.after;
  for (;;) {
    const page = await objects.list({ prefix, limit: PAGE, ...(after !== undefined && after !== '' && { after }) });
    for (const object of page.items) {
      const full = keys.length === MAX_RECORDS || (keys.length > 0 && bytes + object.bytes > MAX_PAGE_BYTES);
      if (full) {
        return { keys, next: after ?? '' };
      }
      after = object.key;
      if (isWanted(object.key, topic, request)) {
        keys.push(object.key);
        bytes += object.bytes;
      }
    }
    if (page.next === undefined) {
      return { keys };
    }
  }
}

function isWanted(key: string, topic: string, { since = 0, until = Number.POSITIVE_INFINITY }: ReplayRequest): boolean {
  const { destination, at } = readError(key);

  return destination === topic && at !== undefined && at >= since && at < until;
}

interface Messages {
  readonly messages: readonly Message[];
  readonly skipped: ReplayAnswer['skipped'];
}

async function messagesOf(ports: ReplayErrorsPorts, target: TargetTopic, keys: readonly string[]): Promise<Messages> {
  const messages: Message[] = [];
  const skipped: { key: string; reason: string }[] = [];
  const read = await inParallel(keys, async (key) => [key, await ports.objects.get(key)] as const);
  for (const [key, body] of read) {
    const message = body === undefined ? 'the error store has it no more' : messageOf(ports, target, key, body);
    if (typeof message === 'string') {
      skipped.push({ key, reason: message });
    } else {
      messages.push(message);
    }
  }

  return { messages, skipped };
}

/** The record that the rule would have written: the same envelope, the same key. Or why it cannot be made. */
function messageOf(ports: ReplayErrorsPorts, target: TargetTopic, key: string, body: Buffer): Message | string {
  const { content, at } = readError(key, body);
  if (content === undefined || content.problem !== null) {
    return content?.problem ?? 'it cannot be read';
  }
  const place = /^(?:\$aws\/rules\/[^/]+\/)?([^/]+)\/[^/]+\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?/.exec(
    content.topic ?? '',
  );
  const [, productId, deviceId, gatewayId, reportedAt] = place ?? [];
  if (productId === undefined || deviceId === undefined || at === undefined || content.traceId === null) {
    return 'the object does not say which device sent the message, or when';
  }
  const raw = masked(content, target.filterFields ?? []);
  if (raw === undefined) {
    return 'the payload is not JSON: the fields that its topic masks cannot be masked';
  }
  const { clientId, traceId } = content;
  const envelope = {
    raw,
    productId,
    deviceId,
    clientId: clientId ?? 'n/a',
    eventTime: at,
    traceId,
    gatewayId,
    reportedAt,
  };
  const payload = () => Buffer.from(raw, 'base64').toString('utf8');

  return {
    key,
    data: JSON.stringify(envelope),
    partitionKey: keyOf(target.partitionKey ?? 'device', { sender: deviceId, payload }, ports.random, ports.newId),
  };
}

function masked({ payload }: Pick<StoredErrorDetails, 'payload'>, fields: readonly string[]): string | undefined {
  if (fields.length === 0) {
    return payload;
  }
  const text = maskFields(Buffer.from(payload, 'base64').toString('utf8'), fields);

  return text === undefined ? undefined : Buffer.from(text, 'utf8').toString('base64');
}

function calls(messages: readonly Message[]): Message[][] {
  const made: Message[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = Buffer.byteLength(message.data) + Buffer.byteLength(message.partitionKey);
    const last = made.at(-1);
    if (last === undefined || last.length === MAX_RECORDS || bytes + size > MAX_CALL_BYTES) {
      made.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }

  return made;
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += READ_AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + READ_AT_ONCE).map(work))));
  }

  return results;
}
