import { beforeEach, expect, test } from '@jest/globals';
import { ledgerManagement } from '../../../functions/fdi/manage-ledger.ts';
import { LedgerWorld } from '../../core/fdi/ledger-world.ts';
import { callManagement } from '../shared/management-call.ts';

let world: LedgerWorld;
const handler = ledgerManagement(() => ({
  entries: { find: async (name) => (name === world.task.name ? world.task : undefined) },
  ledger: world,
}));
const get = (task: string) =>
  callManagement(handler, { method: 'GET', resource: '/tasks/{task}/ledger', path: { task } });

beforeEach(() => {
  world = new LedgerWorld(Date.parse('2026-11-24T08:00:17Z'));
});

test('the account of a task is answered as of the call', async () => {
  for (const shard of [0, 1, 0]) world.arrive(shard);
  world.consume(1);

  expect(await get('History')).toMatchObject({
    status: 200,
    body: {
      task: 'History',
      ledger: { accepted: 3, written: 2, quarantined: 0, inFlight: 1, lost: 0, doubled: 0, addsUp: null },
      dead: null,
    },
  });
});

test('a task that was never started has none', async () => {
  world.source = undefined;
  world.task = { name: 'History', app: 'Lot', topic: 'Events', table: 'History' };

  expect((await get('History')).body).toEqual({ task: 'History', ledger: null, dead: null });
});

test('an unknown task is not found', async () => {
  expect(await get('Nobody')).toMatchObject({ status: 404, body: { error_code: 'CAUSEWAY.0404' } });
});

test('a database that does not answer is said, and is not ours', async () => {
  world.database.execute = () => Promise.reject(new TypeError('socket hang up'));

  expect(await get('History')).toMatchObject({ status: 502, body: { error_code: 'APIC.0202' } });
});
