import { expect, test } from '@jest/globals';
import { Rejection } from '../../../core/fdi/rejection.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { HttpTarget } from '../../../core/fdi/run-http-target.ts';
import { httpOutlet } from '../../../core/fdi/run-http-target.ts';
import { outletTarget } from '../../../core/fdi/run-outlet.ts';
import type { SourceReader, SourceRecord } from '../../../core/fdi/run-ports.ts';
import { type TopicTarget, topicOutlet } from '../../../core/fdi/run-topic-target.ts';
import { tryRecords } from '../../../core/fdi/try-records.ts';

const TOPIC: TopicTarget = {
  ...{ kind: 'topic', topic: 'Orders', app: 'Shop', partitionKey: 'device', filterFields: ['card'], keys: ['Id'] },
};
const API: HttpTarget = {
  ...{ kind: 'http', place: 'erp/v1', method: 'PUT', path: '/orders/{Id}', headers: {}, auth: { kind: 'bearer' } },
  ...{ hasBody: true, success: [[200, 299]], idempotencyHeader: 'Idempotency-Key', timeoutSeconds: 30 },
};
const ROWS: readonly SourceRecord[] = [1, 2, 3].map((id) => ({
  ...{ value: { Id: id, card: `card ${id}` }, position: `Id=${id}` },
  ...(id === 2 && { rejection: new Rejection('syntax', 'no row') }),
}));

/** Nothing of it writes: whatever else is called fails. */
function world(target: TopicTarget | HttpTarget) {
  const task: ScheduledTask = {
    ...{ name: 'Out', source: { kind: 'database', place: 'platform', table: 'Rows', timeZone: 'UTC' }, target },
    ...{ mapping: 'by-name', overlap: 'skip', after: [], pageSize: 100 },
  };
  const ports = {
    put: () => Promise.reject(new Error('sent')),
    ask: () => Promise.reject(new Error('sent')),
    pause: async () => undefined,
    random: () => 0,
    newId: () => '',
    now: () => 0,
  };
  const open = () => Promise.reject(new Error('the place was touched'));
  const writing = { task, open, now: () => 0 };
  const reader = {
    fields: async () => [
      { name: 'Id', type: 'integer', path: ['Id'] },
      { name: 'card', type: 'string', path: ['card'] },
    ],
    begin: async () => 'beginning',
    read: async (after: unknown) => ({ records: after === 'beginning' ? ROWS : [] }),
  } as unknown as SourceReader;

  return target.kind === 'topic'
    ? { task, reader, target: outletTarget({ ...writing, outlet: topicOutlet(task, target, ports) }) }
    : { task, reader, target: outletTarget({ ...writing, outlet: httpOutlet(task, target, ports) }) };
}

test('the first rows of a source are shown as messages, masked, and nothing is sent', async () => {
  const { task, ...sides } = world(TOPIC);

  expect(await tryRecords(task, sides as never, { rows: 2 }, 1000)).toEqual({
    ...{ task: 'Out', target: 'topic Orders', mappingVersion: expect.stringMatching(/^[0-9a-f]{12}$/) },
    records: [
      {
        ...{ position: 'Id=1', record: { Id: 1, card: '***' }, outcome: 'written' },
        written: {
          ...{ topic: 'Orders', partitionKey: '1', traceId: expect.stringMatching(/^[0-9a-f]{32}$/) },
          message: { Id: 1, card: '***' },
        },
      },
      { position: 'Id=2', record: { Id: 2, card: '***' }, outcome: 'quarantined', code: 'syntax', reason: 'no row' },
    ],
  });
});

test('given records are shown as requests, without a login', async () => {
  const { task, ...sides } = world(API);
  const { records } = await tryRecords(task, sides as never, { records: [{ Id: 7, card: 'c' }, { Id: 'x' }] }, 1000);

  expect(records).toEqual([
    expect.objectContaining({
      position: 'sample 1',
      outcome: 'written',
      written: {
        request: 'PUT erp/v1/orders/7',
        headers: expect.not.objectContaining({ authorization: expect.anything() }),
        body: { Id: 7, card: 'c' },
      },
    }),
    expect.objectContaining({ position: 'sample 2', outcome: 'quarantined', code: 'type' }),
  ]);
});
