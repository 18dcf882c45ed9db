/** What the simulation sends and when: messages go round the sensors, evenly in time. */
export interface Schedule {
  readonly sensors: number;
  /** Messages per second, of all sensors together. */
  readonly rate: number;
  readonly seconds: number;
}

/** AWS IoT Core takes 100 messages/s a connection and discards the rest (general/latest/gr/iot-core). */
export const MAX_PER_SENSOR = 100;

export function totalMessages({ rate, seconds }: Schedule): number {
  return Math.max(1, Math.round(rate * seconds));
}

/** Milliseconds from the start at which message number `index`, counted from 0, is due. */
export function dueAt({ rate }: Schedule, index: number): number {
  return (index * 1000) / rate;
}

/** The number of the `count`-th message of a sensor, both counted from 0; undefined when its share is done. */
export function messageOf(schedule: Schedule, sensor: number, count: number): number | undefined {
  const index = sensor + count * schedule.sensors;

  return index < totalMessages(schedule) ? index : undefined;
}
