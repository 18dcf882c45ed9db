import { expect, test } from '@jest/globals';
import { loadOf } from '../../../core/fdi/load.ts';
import { planTask } from '../../../core/fdi/plan.ts';
import { Rejection } from '../../../core/fdi/rejection.ts';
import { mutatedPayload } from '../../faults/mutate-payload.ts';
import { seededRandom } from '../../faults/random.ts';
import { record } from './stream-records.ts';
import { column, task } from './tasks.ts';

const PAYLOADS = 500;
const plan = planTask(task(), [column('DeviceId'), column('Status', { length: 16 })]);
/** Between two others, every tenth. */
const isGood = (n: number) => n % 10 === 9;

/** What such bytes say by the engine's own parser, of which a text column takes texts as they are, numbers and truth values as they are written. */
function membersOf(payload: Buffer): readonly unknown[] {
  const { deviceId, status } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));

  return [deviceId, status].map((value) => (typeof value === 'string' ? value : { written: typeof value }));
}

// Ten thousand, through the whole platform: npm run faults -- fuzz
test('whatever the bytes, a message is a row or goes into the quarantine, and the good ones between are rows', () => {
  const random = seededRandom(20_261_124);
  const payloads = Array.from({ length: PAYLOADS }, (_, n) =>
    isGood(n) ? Buffer.from(`{"deviceId":"S-${n}","status":"0"}`) : mutatedPayload('S-bad', random),
  );

  const entries = payloads.map((payload, n) => plan.read(record(n, payload)));
  const load = loadOf(plan, entries);

  for (const [n, { outcome }] of entries.entries()) {
    if (isGood(n)) expect(outcome).toEqual([`S-${n}`, '0']);
    if (outcome instanceof Rejection) continue;
    for (const [at, said] of membersOf(payloads[n] as Buffer).entries()) {
      if (typeof said === 'string') expect(outcome[at]).toBe(said);
      else expect(['number', 'boolean']).toContain((said as { written: string }).written);
    }
  }
  const kept = entries.filter(({ outcome }) => outcome instanceof Rejection).length;
  expect(load).toMatchObject({ rowCount: PAYLOADS - kept, rejected: kept });
  expect(kept).toBeGreaterThan(PAYLOADS / 2);
  expect(PAYLOADS - kept).toBeGreaterThan(PAYLOADS / 10);
  for (const text of [...load.rows, ...load.quarantine]) expect(() => JSON.parse(text)).not.toThrow();
});
