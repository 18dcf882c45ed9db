import { Buffer } from 'node:buffer';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AwsService } from '../../../local/aws/service.ts';
import { createLogGroups } from '../../../local/logs/engine.ts';

const START = Date.UTC(2026, 0, 1);
let state: string;
let file: string;
let service: AwsService;

interface Events {
  readonly events: readonly { readonly timestamp: number; readonly message: string; readonly eventId: string }[];
  readonly nextToken?: string;
}

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'causeway-logs-'));
  mkdirSync(join(state, 'logs'));
  file = join(state, 'logs', 'consumer.log');
  const engine = createLogGroups({ state });
  engine.apply('Group');
  engine.attach('Group', 'consumer');
  service = engine.services?.[0] as AwsService;
});

afterEach(() => rmSync(state, { recursive: true, force: true }));

const request = (input: object) => ({
  ...{ method: 'POST', path: '/', query: new URLSearchParams(), headers: {}, operation: 'FilterLogEvents' },
  body: Buffer.from(JSON.stringify(input)),
});

async function filter(input: object): Promise<Events> {
  const wire = request({ logGroupName: 'Group', ...input });
  service.needs(wire);

  return JSON.parse((await service.handle(wire, { roleArn: '', sessionArn: '' })).body.toString());
}

/** All pages. */
async function allLines(input: object): Promise<string[]> {
  const lines: string[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const page: Events = await filter({ ...input, ...(next !== '' && { nextToken: next }) });
    lines.push(...page.events.map(({ message }) => message));
    next = page.nextToken;
  }

  return lines;
}

const line = (n: number, fill = '') =>
  JSON.stringify({ level: 'INFO', time: new Date(START + n * 1000).toISOString(), message: `line ${n}`, fill });
const write = (text: string) => appendFileSync(file, `${text}\n`);

test('lines come back as they were written, with their times; one without has that of the line before it', async () => {
  write(line(1));
  write('    at a stack (of an error)');
  write(line(2, '😀 \\" "time":"no"'));

  const { events, nextToken } = await filter({});

  expect(events.map(({ message, timestamp }) => [message, timestamp - START])).toEqual([
    [line(1), 1000],
    ['    at a stack (of an error)', 1000],
    [line(2, '😀 \\" "time":"no"'), 2000],
  ]);
  expect(nextToken).toBeUndefined();
});

test('a time is from its first millisecond on and up to its last', async () => {
  for (let n = 0; n < 5; n++) write(line(n));

  const { events } = await filter({ startTime: START + 1000, endTime: START + 3000 });

  expect(events.map(({ message }) => JSON.parse(message).message)).toEqual(['line 1', 'line 2']);
});

test('pages go on where the one before ended, also when the file made room meanwhile', async () => {
  for (let n = 0; n < 4; n++) write(line(n));
  const first = await filter({ limit: 2 });
  renameSync(file, `${file}.1`);
  for (let n = 4; n < 6; n++) write(line(n));

  const rest = await allLines({ limit: 2, nextToken: first.nextToken });

  expect([...first.events.map(({ message }) => message), ...rest]).toEqual([0, 1, 2, 3, 4, 5].map((n) => line(n)));
});

test('in a large file the first line of a time is found without reading all before it, and none is left out', async () => {
  const count = 12_000;
  const filler = 'x'.repeat(300);
  appendFileSync(file, Array.from({ length: count }, (_, n) => `${line(n, filler)}\n`).join(''));

  const lines = await allLines({ startTime: START + (count - 100) * 1000, limit: 30 });

  expect(lines.map((text) => JSON.parse(text).message)).toEqual(
    Array.from({ length: 100 }, (_, n) => `line ${count - 100 + n}`),
  );
  expect(await allLines({})).toHaveLength(count);
});

test('a line that is being written is answered when it is whole', async () => {
  write(line(0));
  appendFileSync(file, line(1).slice(0, 20));
  expect(await allLines({})).toEqual([line(0)]);
  appendFileSync(file, `${line(1).slice(20)}\n`);

  expect(await allLines({})).toEqual([line(0), line(1)]);
});

test('a group nobody logged into is empty, and one there is not is refused as on AWS', async () => {
  expect(await filter({})).toMatchObject({ events: [] });
  await expect(filter({ logGroupName: 'Other' })).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
    message: 'The specified log group does not exist.',
  });
});

test.each([
  [{ filterPattern: 'ERROR' }, 'InvalidParameterException'],
  [{ nextToken: 'abc' }, 'InvalidParameterException'],
  [{ limit: 0 }, 'ValidationException'],
  [{ logGroupName: 'a b' }, 'ValidationException'],
])('%j is refused', async (input, code) => {
  await expect(filter(input)).rejects.toMatchObject({ code });
});

test('the right to it is asked for as AWS names it', () => {
  expect(service.needs(request({ logGroupName: 'Group' }))).toEqual([
    {
      action: 'logs:FilterLogEvents',
      resource: 'arn:aws:logs:us-east-1:000000000000:log-group:Group:log-stream:',
    },
  ]);
});
