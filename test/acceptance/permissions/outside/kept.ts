import type { MongoClient } from 'mongodb';
import { mongoClient, privateMongo } from '../../../functions/shared/sources/mongo-fixture.ts';
import { oneRedis } from '../../../functions/shared/sources/redis-fixture.ts';
import { KEEPER_PASSWORD } from './servers.ts';

/** Somebody else's MongoDB and Redis, each with a password. */
export interface KeptOutside {
  /** @returns where they are, for `index.ts` */
  start(): Promise<Readonly<Record<string, string>>>;
  hasDocument(collection: string, n: number): Promise<boolean>;
  hasKey(key: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Ended with the calling file. */
export function keptOutside(): KeptOutside {
  const mongo = privateMongo();
  const redis = oneRedis(KEEPER_PASSWORD);
  let client: MongoClient;

  return {
    async start() {
      const open = await mongo.start([], 'kept');
      const owner = await mongoClient(open.port);
      const roles = [{ role: 'readWrite', db: 'shop' }];
      await owner.db('admin').command({ createUser: 'writer', pwd: KEEPER_PASSWORD, roles });
      await owner.close();
      await mongo.end(open);
      const { port } = await mongo.start(['--auth'], 'kept');
      client = await mongoClient(port, `writer:${KEEPER_PASSWORD}@`);

      return {
        OUTSIDE_MONGODB: `mongodb://127.0.0.1:${port}/shop`,
        OUTSIDE_REDIS: `redis://127.0.0.1:${redis.port}`,
      };
    },
    hasDocument: async (collection, n) => (await client.db('shop').collection(collection).countDocuments({ N: n })) > 0,
    hasKey: async (key) => Number(await redis.ask('EXISTS', key)) > 0,
    close: async () => client?.close(),
  };
}
