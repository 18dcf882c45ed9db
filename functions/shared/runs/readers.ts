import { setTimeout as delay } from 'node:timers/promises';
import type { PayloadParser } from '../../../core/fdi/message.ts';
import { databaseReader } from '../../../core/fdi/run-database-reader.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import { fileReader } from '../../../core/fdi/run-file-reader.ts';
import { httpReader } from '../../../core/fdi/run-http-reader.ts';
import type { HttpSource } from '../../../core/fdi/run-http-source.ts';
import { mongoReader } from '../../../core/fdi/run-mongo-reader.ts';
import type { SourceReader } from '../../../core/fdi/run-ports.ts';
import { redisReader } from '../../../core/fdi/run-redis-reader.ts';
import type { DatabaseSource } from '../../../core/fdi/run-source.ts';
import { codeBeside } from '../code-beside.ts';
import { environment } from '../environment.ts';
import { fileStore } from './file-store.ts';
import { askApi } from './http-api.ts';
import { sourceDatabase } from './run-databases.ts';
import { runMongo } from './run-mongo.ts';
import { runRedis } from './run-redis.ts';

type Reading<Source> = Omit<ScheduledTask, 'source'> & { readonly source: Source };

/** What reads a task's source, of whatever kind it is. */
export async function readerOf({ source, ...task }: ScheduledTask): Promise<SourceReader> {
  switch (source.kind) {
    case 'database':
      return databaseRows({ ...task, source });
    case 'http':
      return apiRecords({ ...task, source });
    case 'file':
      return fileReader({ source, store: fileStore(environment('SOURCE_BUCKET')), pageSize: task.pageSize });
    case 'mongodb':
      return mongoReader({ source, open: runMongo('SOURCE'), pageSize: task.pageSize, where: task.name });
    case 'redis':
      return redisReader({
        ...{ source, pageSize: task.pageSize, redis: runRedis('SOURCE'), where: task.name },
        now: () => performance.now(),
      });
  }
}

async function databaseRows({ name, source, pageSize }: Reading<DatabaseSource>): Promise<SourceReader> {
  const { dialect, open } = await sourceDatabase(source.place);

  return databaseReader({ source, dialect, open, pageSize, where: name });
}

async function apiRecords({ source, pageSize }: Reading<HttpSource>): Promise<SourceReader> {
  return httpReader({
    ...{ source, pageSize, ask: askApi(source), pause: (ms) => delay(ms), now: Date.now },
    ...(source.dataType === 'XML' && {
      xml: (await codeBeside<{ xmlParser: PayloadParser }>('languages/xml.mjs')).xmlParser,
    }),
  });
}
