import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Pool } from 'mysql2/promise';
import { generate } from 'selfsigned';
import { type MockCluster, startMockCluster } from '../../kafka/mock-cluster.ts';
import { startMysql } from '../../realtime-targets/mysql-server.ts';

/** Somebody else's API: it lists numbers, and takes what it is told, of whoever shows a password. */
export interface OutsideApi {
  readonly url: string;
  /** What it lists. */
  readonly numbers: number[];
  /** Bodies it was sent, each after its path. */
  readonly told: string[];
  /** Milliseconds before an answer. */
  slowness: number;
}

/** What is not the platform's. */
export interface Outside {
  /** Where it is, for `index.ts`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly shop: Pool;
  readonly cluster: MockCluster;
  readonly api: OutsideApi;
  stop(): Promise<void>;
}

/** What callers of the API show, in the `Authorization` that each way makes of it. */
export const API_PASSWORD = 'open-sesame';
/** Of the users of `kept.ts`. */
export const KEEPER_PASSWORD = 'sesame';

export async function startOutside(): Promise<Outside> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const statements = [
    // So that the password of sync, which is made with its stack, can become that of a user.
    "GRANT CREATE USER ON *.* TO writer@'%';",
    "GRANT ALL ON shop.* TO writer@'%' WITH GRANT OPTION;",
    'CREATE TABLE shop.Delivered (N BIGINT NOT NULL) ENGINE = InnoDB;',
    'CREATE TABLE shop.KafkaOut (N BIGINT NOT NULL) ENGINE = InnoDB;',
    'CREATE TABLE shop.SourceRows (Id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, Name VARCHAR(255), UpdatedAt DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3));',
    'CREATE TABLE shop.TargetRows (Id BIGINT NOT NULL PRIMARY KEY, Name VARCHAR(100), UpdatedAt DATETIME(3) NOT NULL, BatchNo VARCHAR(64));',
  ];
  const [server, cluster, api] = await Promise.all([
    startMysql({ certificate: { cert, key }, statements }),
    startMockCluster(1),
    startApi(),
  ]);
  const { port, user, password } = server;
  const shop = mysql.createPool({ host: '127.0.0.1', port, user, password, database: 'shop', connectionLimit: 2 });
  // A topic of the mock is there once somebody wrote into it.
  await Promise.all(['rows', 'out', 'secured'].map((topic) => cluster.produce(topic, 0, ['{}'])));

  return {
    ...{ shop, cluster, api },
    environment: {
      OUTSIDE_DATABASE: `jdbc:mysql://localhost:${port}/shop`,
      OUTSIDE_PASSWORD: password,
      OUTSIDE_AUTHORITY: cert,
      OUTSIDE_KEY: key,
      OUTSIDE_API: api.url,
      KAFKA_BROKERS: cluster.brokers,
    },
    async stop() {
      api.close();
      await shop.end();
      await Promise.all([server.stop(), cluster.stop()]);
    },
  };
}

async function startApi(): Promise<OutsideApi & { close(): void }> {
  const api = { numbers: [] as number[], told: [] as string[], slowness: 0 };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    await sleep(api.slowness);
    const isOpen = request.url?.startsWith('/signed') === true && request.headers.authorization !== undefined;
    const shown = `${request.headers.authorization} ${request.headers['x-api-key']}`;
    if (!isOpen && !shown.includes(API_PASSWORD)) {
      response.writeHead(401).end();
      return;
    }
    api.told.push(`${request.url} ${body}`);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(api.numbers.map((n) => ({ n }))));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

  return Object.assign(api, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
}
