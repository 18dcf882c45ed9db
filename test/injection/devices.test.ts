import { expect, test } from '@jest/globals';
import { withConsumer } from '../functions/fdi/crashes.ts';
import { HISTORY_TASK, parking } from '../functions/fdi/parking.ts';
import { record } from '../functions/fdi/records.ts';
import { pastingConsumer } from './bundle-with.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';

const lot = parking();

/** Those the column takes: longer ones are quarantined for their length, which shows nothing. */
const TEXTS = HOSTILE_TEXTS.filter((text) => [...text].length <= 64);
/** MySQL's own texts hold NUL, our rule is that messages do not. */
const SOUND = {
  changed: [],
  quarantined: TEXTS.filter((text) => text.includes('\0')),
  unexplained: [],
  lost: 0,
};

/** What one invocation of a consumer makes of the hostile texts. */
async function attackThrough(code?: string) {
  const records = TEXTS.map((deviceId, at) => record({ n: at + 1, payload: { deviceId, status: '1' } }));
  await withConsumer(
    lot,
    HISTORY_TASK,
    async (consumer) => {
      await consumer.invoke({ records });
    },
    code,
  );
  const rows = await lot.query('SELECT CAST(Seq AS UNSIGNED) AS n, DeviceId AS text FROM ParkingHistory');
  const arrived = new Map(rows.map(({ n, text }) => [Number(n), text]));
  const quarantined = await lot.query(
    'SELECT CAST(Seq AS UNSIGNED) AS n, Reason AS reason, CONVERT(Body USING utf8mb4) AS body FROM causeway.quarantine',
  );

  return {
    changed: TEXTS.filter((text, at) => arrived.has(at + 1) && arrived.get(at + 1) !== text),
    quarantined: quarantined.map(({ n }) => TEXTS[Number(n) - 1]),
    unexplained: quarantined.filter(
      ({ n, reason, body }) =>
        String(reason).length < 10 || body !== JSON.stringify({ deviceId: TEXTS[Number(n) - 1], status: '1' }),
    ),
    lost: TEXTS.length - rows.length - quarantined.length,
  };
}

test('hostile values of devices arrive as they were sent; what cannot is quarantined with its reason and its bytes', async () => {
  expect(TEXTS.length).toBeGreaterThan(150);
  expect(await attackThrough()).toEqual(SOUND);
}, 60_000);

test('the same finds a consumer that pastes what it writes', async () => {
  expect(await attackThrough(await pastingConsumer())).not.toEqual(SOUND);
}, 120_000);
