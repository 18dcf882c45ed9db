import { expect, test } from '@jest/globals';
import { timeZoneOffset } from '../../../core/fdi/time-zone.ts';

const summer = Date.UTC(2026, 6, 1, 12);
const winter = Date.UTC(2026, 0, 1, 12);

test.each([
  ['UTC', 0],
  ['GMT', 0],
  ['GMT+8', 480],
  ['gmt+08:00', 480],
  ['GMT-3:30', -210],
  ['GMT+0530', 330],
  ['Asia/Shanghai', 480],
])('%s is %d minutes east of UTC at any time', (zone, minutes) => {
  expect([timeZoneOffset(zone, 'zone')(summer), timeZoneOffset(zone, 'zone')(winter)]).toEqual([minutes, minutes]);
});

test('a named zone changes its clocks', () => {
  const berlin = timeZoneOffset('Europe/Berlin', 'zone');

  expect([berlin(winter), berlin(summer)]).toEqual([60, 120]);
  // 29 March 2026, 02:00 local: clocks go to 03:00. One minute before and after.
  expect([berlin(Date.UTC(2026, 2, 29, 1, 59)), berlin(Date.UTC(2026, 2, 29, 3, 1))]).toEqual([60, 120]);
});

test.each(['', 'GMT+15', 'GMT+8:75', 'Mars/Olympus', 'UTC+x'])('%j is refused', (zone) => {
  expect(() => timeZoneOffset(zone, 'Task: timeZone')).toThrow(`Task: timeZone: received ${JSON.stringify(zone)}`);
});
