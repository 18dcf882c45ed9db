import type { Column } from '../../../core/fdi/column.ts';
import type { TaskTarget, TopicSource, TopicTask } from '../../../core/fdi/topic-task.ts';

export type Changes = Partial<Omit<TopicTask, 'source' | 'target'>> & {
  readonly source?: Partial<TopicSource>;
  readonly target?: Partial<TaskTarget>;
};

/** A task from sensors into `ParkingHistory`, with these changes. */
export function task({ source, target, ...more }: Changes = {}): TopicTask {
  return {
    name: 'ParkingHistory',
    mapping: 'by-name',
    delivery: 'effectively-once',
    ...more,
    source: {
      topic: 'ParkingEvents',
      parse: true,
      dataType: 'JSON',
      timeZone: 'GMT+8',
      base64: false,
      deviceInfo: true,
      metadata: [
        { alias: 'deviceId', type: 'string', path: 'data.deviceId' },
        { alias: 'status', type: 'string', path: 'data.status' },
      ],
      ...source,
    },
    target: { table: 'ParkingHistory', write: 'insert', keys: [], ...target },
  };
}

/** A VARCHAR(64) that takes no NULL, with these changes. */
export function column(name: string, changes: Partial<Column> = {}): Column {
  return {
    name,
    kind: 'text',
    type: 'varchar',
    nullable: false,
    optional: false,
    generated: false,
    length: 64,
    unsigned: false,
    precision: 0,
    scale: 0,
    fractionDigits: 0,
    charset: 'utf8mb4',
    caseInsensitive: false,
    members: [],
    ...changes,
  };
}

export const EVENT_TIME = column('EventTime', { kind: 'datetime', type: 'datetime', length: 0, fractionDigits: 3 });
