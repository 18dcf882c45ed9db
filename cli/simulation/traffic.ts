import { setTimeout as sleep } from 'node:timers/promises';
import { dueAt, messageOf, type Schedule, totalMessages } from './schedule.ts';
import type { Sensor } from './sensor.ts';

/** What has happened so far; the same object grows while the traffic runs. */
export interface Traffic {
  /** Messages handed to the MQTT client. */
  sent: number;
  /** Messages whose PUBACK has arrived: the platform has them. */
  acknowledged: number;
  /** Milliseconds since the epoch, of the first message. */
  startedAt: number;
}

const TICK_MS = 5;

export interface TrafficOptions {
  readonly schedule: Schedule;
  readonly sensors: readonly Sensor[];
  /** Ends the sending; what was sent is still waited for. */
  readonly stop: AbortSignal;
  /** How long, after the last message is due, to wait for connections that come back and acknowledgements. */
  readonly graceMs: number;
  readonly onProgress: (traffic: Traffic) => void;
}

/** Sends everything that is due as it becomes due, then waits for the acknowledgements. */
export async function runTraffic(options: TrafficOptions): Promise<Traffic> {
  const { schedule, sensors, stop, graceMs, onProgress } = options;
  const total = totalMessages(schedule);
  const traffic: Traffic = { sent: 0, acknowledged: 0, startedAt: Date.now() };
  const started = performance.now();
  const end = schedule.seconds * 1000 + graceMs;
  const acknowledged = () => {
    traffic.acknowledged += 1;
  };
  const elapsed = () => performance.now() - started;

  while (traffic.sent < total && elapsed() < end && !stop.aborted) {
    for (const [index, sensor] of sensors.entries()) {
      const message = messageOf(schedule, index, sensor.sent);
      const now = elapsed();
      if (message === undefined || dueAt(schedule, message) > now || !sensor.ready(now)) continue;
      sensor.report(sensor.sent % 2 === 0 ? '0' : '1', now, acknowledged);
      traffic.sent += 1;
    }
    onProgress(traffic);
    await sleep(TICK_MS);
  }
  const giveUp = elapsed() + graceMs;
  while (traffic.acknowledged < traffic.sent && elapsed() < giveUp) {
    onProgress(traffic);
    await sleep(TICK_MS);
  }
  onProgress(traffic);

  return traffic;
}
