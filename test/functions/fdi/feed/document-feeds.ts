import type { DocumentTask } from '../../../../core/fdi/feed-task.ts';
import { documentFeedReplay } from '../../../../core/fdi/replay-delivery.ts';
import { type ReplayRejectedRequest, replayHeld } from '../../../../core/fdi/replay-held.ts';
import { readRecords, type StreamRecord } from '../../../../core/fdi/row.ts';
import type { MongoTarget } from '../../../../core/fdi/run-mongo-collection.ts';
import type { OpenMongo } from '../../../../core/fdi/run-mongo-port.ts';
import { documentConsumer } from '../../../../functions/shared/document-consumer.ts';
import { documentsTarget } from '../../../../functions/shared/document-target.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import { SHARD } from '../records.ts';
import { mongoAt, type Pass, steppedMongo, steppedPlatform, steppedSession } from '../scheduled/document-replays.ts';

export interface FedDocuments {
  readonly task: DocumentTask;
  readonly url: string;
  readonly records: readonly StreamRecord[];
  readonly shard?: string;
  readonly pass?: Pass;
  /** The position is there in a transaction of its own, before the documents. */
  readonly isBroken?: boolean;
  readonly open?: OpenMongo;
}

export interface FedReplay {
  readonly task: DocumentTask;
  readonly url: string;
  readonly request?: ReplayRejectedRequest;
  readonly pass?: Pass;
}

const CALM: Pass = async () => undefined;

/** A task that reads orders out of a topic. */
export function documentTask(target: Partial<MongoTarget> = {}, rest: Partial<DocumentTask> = {}): DocumentTask {
  return {
    name: 'Orders',
    source: {
      ...{ topic: 'Orders', parse: true, dataType: 'JSON', timeZone: 'UTC', base64: false, deviceInfo: true },
      metadata: [
        { alias: 'id', type: 'integer', path: 'data.id' },
        { alias: 'owner', type: 'string', path: 'data.name' },
      ],
    },
    target: {
      ...{ kind: 'mongodb', collection: 'orders', write: 'insert', keys: [], objectIds: ['owner'], ...target },
    },
    mapping: 'by-name',
    delivery: 'effectively-once',
    ...rest,
  };
}

/** One batch, by a process of its own. @returns the first record that is not written */
export async function feedDocuments({
  task,
  url,
  records,
  shard = SHARD,
  pass = CALM,
  isBroken = false,
  open = mongoAt(url),
}: FedDocuments) {
  const target = documentsTarget(task, steppedMongo(open, pass, isBroken));
  const consume = documentConsumer(task, undefined, { target: () => target, platform: () => steppedPlatform(pass) });
  const context = {
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:deliver',
    getRemainingTimeInMillis: () => 60_000,
  };
  try {
    return await consume(shard, records, context);
  } finally {
    await target.sessions.close();
  }
}

/** A call of its own, as the task's function answers one. */
export async function replayFed({ task, url, request = {}, pass = CALM }: FedReplay) {
  const { sessions, writer, plan } = documentsTarget(task, steppedMongo(mongoAt(url), pass));
  const platform = steppedPlatform(pass);
  try {
    const way = documentFeedReplay({
      ...{ platform, plan: await plan(), sessions, writer, clientIdOf: () => '' },
      ...{
        session: steppedSession(platformSessions(undefined), pass),
        pause: async () => undefined,
        random: () => 0.5,
      },
      read: (some, by) => readRecords(some, by),
    });

    return await replayHeld(platform, way, request);
  } finally {
    await sessions.close();
  }
}
