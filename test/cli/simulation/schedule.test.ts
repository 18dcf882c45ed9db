import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dueAt, messageOf, totalMessages } from '../../../cli/simulation/schedule.ts';

const schedules = fc.record({
  sensors: fc.integer({ min: 1, max: 50 }),
  rate: fc.integer({ min: 1, max: 200 }),
  seconds: fc.double({ min: 0.01, max: 10, noNaN: true }),
});

test('the shares of the sensors are all messages, each once', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      const shares = Array.from({ length: schedule.sensors }, (_, sensor) => {
        const share: number[] = [];
        for (let index = messageOf(schedule, sensor, 0); index !== undefined; ) {
          share.push(index);
          index = messageOf(schedule, sensor, share.length);
        }
        return share;
      });

      expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: totalMessages(schedule) }, (_, i) => i));
    }),
    { numRuns: 50 },
  );
});

test('the last message is due before the time is up', () => {
  fc.assert(
    fc.property(schedules, (schedule) => {
      const last = dueAt(schedule, totalMessages(schedule) - 1);

      expect(last).toBeGreaterThanOrEqual(0);
      expect(last).toBeLessThan(Math.max(1, schedule.seconds * 1000 + 500 / schedule.rate));
    }),
  );
});
