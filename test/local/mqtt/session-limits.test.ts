import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { retainedMessages } from '../../../local/mqtt/retained-messages.ts';
import { Session } from '../../../local/mqtt/session.ts';
import { TopicAliases } from '../../../local/mqtt/topic-aliases.ts';

const publication = (text: string, qos: 0 | 1 = 1) =>
  ({ topic: 'p/in/d1', payload: Buffer.from(text), qos, retain: false, properties: {} }) as const;

function connected(session: Session) {
  const written: number[] = [];
  const dropped: string[] = [];
  session.resume({
    receiveMaximum: 65_535,
    mayReceive: () => true,
    write: (messageId) => void written.push(messageId ?? 0),
    dropped: (_, reason) => void dropped.push(reason),
  });

  return { written, dropped };
}

test('a client has at most a hundred messages it has not acknowledged; the next comes with the acknowledgement', () => {
  const session = new Session('d1');
  const { written } = connected(session);

  for (let n = 0; n < 150; n += 1) session.deliver(publication(String(n)));
  expect(written).toHaveLength(100);
  session.acknowledged(written[0] ?? 0);

  expect(written).toHaveLength(101);
});

test('ten thousand messages wait for a client, and what is more is dropped', () => {
  const session = new Session('d1');
  for (let n = 0; n < 10_001; n += 1) session.deliver(publication(String(n)));
  const { written, dropped } = connected(session);
  for (let n = 0; n < 10_000; n += 1) session.acknowledged(written[n] ?? 0);
  expect(written).toHaveLength(10_000);

  for (let n = 0; n < 10_101; n += 1) session.deliver(publication(String(n)));

  expect(dropped).toEqual(['its queue is full']);
});

test('a topic alias is at most 8', () => {
  const aliases = new TopicAliases();

  expect(aliases.resolve('a', 8)).toBe('a');
  expect(aliases.resolve('a', 9)).toBeUndefined();
});

test('five thousand topics retain a message, and no more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-retained-'));
  const file = join(folder, 'retained.json');
  const full = Array.from({ length: 5000 }, (_, n) => [`t/${n}`, { payload: 'eA==', qos: 1 }]);
  writeFileSync(file, JSON.stringify(Object.fromEntries(full)));
  const retained = retainedMessages(file);
  retained.load();

  expect(await retained.keep({ ...publication('x'), topic: 't/new', retain: true })).toBe(false);
  expect(await retained.keep({ ...publication('x'), topic: 't/0', retain: true })).toBe(true);
  rmSync(folder, { recursive: true });
});
