import type { KafkaTask } from '../../core/fdi/kafka-record.ts';
import { TASK } from '../fdi/workload.ts';

export const TOPIC = 'bench';
export const PARTITIONS = 4;

/** The history of `bench/fdi`, from records that hold the payload alone. */
export const KAFKA_TASK: KafkaTask = {
  ...TASK,
  source: {
    ...TASK.source,
    topic: TOPIC,
    deviceInfo: false,
    metadata: [
      { alias: 'DeviceId', type: 'string', path: 'deviceId' },
      { alias: 'Status', type: 'string', path: 'status' },
    ],
  },
  answers: 'parts',
};

/** The value of record `n`. */
export function value(n: number): string {
  return JSON.stringify({ deviceId: `S-${String(n % 100).padStart(3, '0')}`, status: String(n % 2) });
}
