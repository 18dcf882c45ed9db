import { beforeEach, expect, test } from '@jest/globals';
import { MINUTE_MS } from '../../../core/fdi/ledger.ts';
import { ledgerAcknowledgements } from '../../../functions/fdi/acknowledge-ledger.ts';
import { LedgerWorld } from '../../core/fdi/ledger-world.ts';
import { logLines } from '../shared/log-lines.ts';
import { callManagement } from '../shared/management-call.ts';

const lines = logLines();
let world: LedgerWorld;
const handler = ledgerAcknowledgements(() => ({
  entries: { find: async (name) => (name === world.task.name ? world.task : undefined) },
  database: world.database,
}));
const acknowledge = (body: object, task = 'History') =>
  callManagement(handler, {
    method: 'POST',
    resource: '/tasks/{task}/ledger/acknowledgements',
    path: { task },
    body,
  });

beforeEach(() => {
  world = new LedgerWorld(Date.parse('2026-11-24T08:00:17Z'));
});

/** Five messages, of which two are passed over without a row, and the quarter of an hour after which that is sure. */
async function twoLost(): Promise<void> {
  for (const shard of [0, 1, 0, 1, 0]) world.arrive(shard);
  world.lose(2);
  world.consume();
  await minutes(15);
}

async function minutes(count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    world.clock += MINUTE_MS;
    await world.keep();
  }
}

test('what is acknowledged counts as handled from then on, and who did it is in the log', async () => {
  await twoLost();
  expect((await world.keep()).report).toMatchObject({ lost: 2, addsUp: false });

  expect(await acknowledge({ difference: 2, reason: ' known ' })).toMatchObject({
    status: 200,
    body: { task: 'History', difference: 2, reason: 'known' },
  });
  const after = { accepted: 5, written: 3, inFlight: 0, lost: 0, doubled: 0, acknowledged: 2, addsUp: true };
  expect((await world.show()).report).toMatchObject(after);
  await minutes(200);
  expect((await world.keep()).report).toMatchObject(after);
  expect(lines.all()).toContainEqual(
    expect.objectContaining({
      message: 'difference acknowledged',
      task: 'History',
      difference: 2,
      reason: 'known',
      caller: expect.any(String),
    }),
  );
});

test('the next difference stands out', async () => {
  await twoLost();
  await acknowledge({ difference: 2, reason: 'known' });
  world.arrive(0);
  world.lose(1);
  await minutes(15);

  expect((await world.keep()).report).toMatchObject({ lost: 1, acknowledged: 2, addsUp: false });
});

test('what was doubled is acknowledged as well', async () => {
  for (const shard of [0, 1]) world.arrive(shard);
  world.double(2);
  await minutes(15);
  const { doubled = 0 } = (await world.keep()).report ?? {};

  expect(doubled).toBeGreaterThan(0);
  expect(await acknowledge({ difference: -doubled, reason: 'rows deleted' })).toMatchObject({ status: 200 });
  await minutes(15);
  expect((await world.keep()).report).toMatchObject({ doubled: 0, acknowledged: -doubled, addsUp: true, inFlight: 0 });
});

test.each([
  ['another difference than there is', { difference: 3, reason: 'known' }, 412, 'has no such difference (3) now'],
  ['none at all', { difference: 0, reason: 'known' }, 400, 'a whole number other than 0'],
  ['no reason', { difference: 2, reason: '  ' }, 400, '1 to 500 characters'],
  ['too long a reason', { difference: 2, reason: 'x'.repeat(501) }, 400, '1 to 500 characters'],
])('%s is refused, and the difference stays', async (_, body, status, words) => {
  await twoLost();

  expect(await acknowledge(body)).toMatchObject({ status, body: { error_msg: expect.stringContaining(words) } });
  expect((await world.keep()).report).toMatchObject({ lost: 2, acknowledged: 0 });
});

test('an unknown task is not found', async () => {
  expect(await acknowledge({ difference: 2, reason: 'known' }, 'Nobody')).toMatchObject({ status: 404 });
});
