import { documentReplay } from '../../../../core/fdi/replay-documents.ts';
import { type ReplayRejectedRequest, replayHeld } from '../../../../core/fdi/replay-held.ts';
import type { ScheduledTask } from '../../../../core/fdi/run-definition.ts';
import type { MongoTarget } from '../../../../core/fdi/run-mongo-collection.ts';
import type { MongoDocument, OpenMongo } from '../../../../core/fdi/run-mongo-port.ts';
import type { SourceField } from '../../../../core/fdi/run-ports.ts';
import type { OpenSession } from '../../../../core/fdi/run-session.ts';
import type { TaskDatabase } from '../../../../core/fdi/shard-writer.ts';
import { database } from '../../../../functions/shared/database.ts';
import { platformSessions } from '../../../../functions/shared/runs/platform-session.ts';
import { openMongo } from '../../../../functions/shared/runs/run-mongo.ts';
import { open as driverOpen } from '../../../../functions/shared/sources/mongodb-driver.ts';

export interface DocumentReplay {
  readonly task: ScheduledTask;
  readonly url: string;
  readonly request?: ReplayRejectedRequest;
  /** Called before and behind each call of a database. */
  readonly pass?: Pass;
  /** Delivery broken on purpose: markers are there in a transaction of their own, before the documents. */
  readonly isBroken?: boolean;
}

export type Pass = () => Promise<void>;

export const FIELDS: readonly SourceField[] = [
  { name: 'Id', type: 'integer', path: ['Id'] },
  { name: 'Name', type: 'string', path: ['Name'] },
];
const CALM: Pass = async () => undefined;

export function mongoAt(url: string): OpenMongo {
  return () => openMongo({ url }, 10_000, async () => ({ open: driverOpen }));
}

/** A call of its own, as the task's function answers one. */
export async function replayDocuments({ task, url, request = {}, pass = CALM, isBroken = false }: DocumentReplay) {
  const session = steppedSession(platformSessions(task.name, database, 'replay'), pass);
  let opened: ReturnType<OpenSession> | undefined;
  const platform = () => {
    opened ??= session();

    return opened;
  };
  const { way, close } = await documentReplay({
    ...{ task, target: task.target as MongoTarget, fields: FIELDS, platform, run: '20261124T090000000Z-0002' },
    ...{ open: steppedMongo(mongoAt(url), pass, isBroken), pause: async () => undefined, random: () => 0.5 },
  });
  try {
    return await replayHeld(steppedPlatform(pass), way, request);
  } finally {
    await close();
  }
}

async function around<Answer>(pass: Pass, work: () => Promise<Answer>): Promise<Answer> {
  await pass();
  const answer = await work();
  await pass();

  return answer;
}

/** A shard's position, but for its first. */
function movesFeed({ update, updates = [] }: MongoDocument): boolean {
  const [first] = updates as readonly MongoDocument[];

  return update === 'causeway_feed' && first?.['upsert'] !== true;
}

/** Sessions whose every call has a step before it and one behind it. */
export function steppedMongo(open: OpenMongo, pass: Pass, isBroken = false): OpenMongo {
  return async () => {
    const session = await open();

    return {
      ...session,
      command: (command, timeMs) =>
        around(pass, async () => {
          const reply = await session.command(command, timeMs);
          if (isBroken && (command['insert'] === 'causeway_replayed' || movesFeed(command))) {
            await session.commit();
            await pass();
            await session.begin();
          }

          return reply;
        }),
      begin: () => around(pass, () => session.begin()),
      commit: () => around(pass, () => session.commit()),
    };
  };
}

export function steppedSession(open: OpenSession, pass: Pass): OpenSession {
  return async () => {
    const session = await open();

    return {
      ...session,
      query: (statement, timeMs) => around(pass, () => session.query(statement, timeMs)),
      change: (statement) => around(pass, () => session.change(statement)),
      begin: () => around(pass, () => session.begin()),
      commit: () => around(pass, () => session.commit()),
    };
  };
}

/** The platform's database, stepped as well. */
export function steppedPlatform(pass: Pass): TaskDatabase {
  const platform = database();

  return {
    ...platform,
    execute: (sql, parameters, options) => around(pass, () => platform.execute(sql, [...parameters], options)),
  };
}
