import { expect, test } from '@jest/globals';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { withConsumer } from './crashes.ts';
import { HISTORY_TASK, parking } from './parking.ts';
import { record } from './records.ts';

const lot = parking();

const TASK: TopicTask = {
  ...HISTORY_TASK,
  source: {
    ...HISTORY_TASK.source,
    dataType: 'XML',
    metadata: [{ alias: 'device', type: 'string', path: 'data.event.@device' }],
  },
  mapping: [
    { column: 'DeviceId', from: 'device' },
    { column: 'Status', expression: 'data.event.(free = "yes" ? "free " & level : "taken")' },
  ],
};

test('the bundled consumer reads XML and computes columns; what it cannot read or compute is in quarantine with the reason', async () => {
  const payloads = [
    '<event device="S-001"><free>yes</free><level>2</level></event>',
    '{"device":"S-002"}',
    '<event device="S-003"><free>no</free></event>',
  ];
  const records = payloads.map((payload, at) => record({ n: at + 1, payload }));
  await withConsumer(lot, TASK, async (consumer) => {
    expect(await consumer.invoke({ records })).toBe('');
  });

  expect(await lot.query('SELECT DeviceId, Status FROM ParkingHistory ORDER BY Id')).toEqual([
    { DeviceId: 'S-001', Status: 'free 2' },
    { DeviceId: 'S-003', Status: 'taken' },
  ]);
  expect(await lot.query('SELECT Code, CAST(Body AS CHAR) AS body FROM causeway.quarantine')).toEqual([
    { Code: 'syntax', body: '{"device":"S-002"}' },
  ]);
});
