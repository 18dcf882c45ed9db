import process from 'node:process';
import { Kafka, logLevel } from 'kafkajs';
import mysql from 'mysql2/promise';
import { calmQueues } from '../../local/kafka/calm-queues.ts';
import { COLUMNS, TABLE } from '../fdi/workload.ts';
import { TOPIC } from './workload.ts';

export interface RawRun {
  readonly brokers: string;
  readonly group: string;
  readonly database: {
    readonly socketPath: string;
    readonly user: string;
    readonly password: string;
    readonly database: string;
  };
  /** Rows of an insert. */
  readonly batch: number;
}

const INSERT = `INSERT INTO ${TABLE} (${COLUMNS.join(', ')}) VALUES`;

/** The limit: the client and the driver, a prepared multi-row insert for what comes together, and the offsets behind it; nothing else. */
process.once('message', async ({ brokers, group, database, batch }: RawRun) => {
  calmQueues();
  const connection = await mysql.createConnection(database);
  const client = new Kafka({ brokers: brokers.split(','), clientId: 'raw', logLevel: logLevel.ERROR });
  const consumer = client.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  // It stays until it is ended: what it has used is read from its process.
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { partition, messages } }) => {
      for (let at = 0; at < messages.length; at += batch) {
        const part = messages.slice(at, at + batch);
        const values = part.flatMap(({ value, timestamp }) => {
          const { deviceId, status } = JSON.parse(String(value)) as { deviceId: string; status: string };
          const time = new Date(Number(timestamp)).toISOString().slice(0, 23).replace('T', ' ');

          return [deviceId, status, time, 'b0000000000000e'];
        });
        await connection.execute(`${INSERT} ${part.map(() => '(?, ?, ?, ?)').join(', ')}`, values);
        const offset = String(Number(part.at(-1)?.offset) + 1);
        await consumer.commitOffsets([{ topic: TOPIC, partition, offset }]);
      }
    },
  });
});
process.send?.('ready');
