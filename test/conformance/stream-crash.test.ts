import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from '@jest/globals';
import { createLogs } from '../../local/log.ts';
import { createStreamEngine } from '../../local/stream/engine.ts';

const WRITER = new URL('stream-crash-writer.ts', import.meta.url).pathname;
let state = '';
let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(state, { recursive: true, force: true });
});

test('every record that was acknowledged before a SIGKILL is there, once and in order, and writing goes on', async () => {
  state = mkdtempSync(join(tmpdir(), 'causeway-crash-'));
  const acknowledged: string[] = [];
  for (let life = 0; life < 3; life++) {
    child = spawn(process.execPath, [WRITER, state, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const target = acknowledged.length + 200;
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      acknowledged.push(line);
      if (acknowledged.length === target) child.kill('SIGKILL');
    }
  }

  const logs = createLogs(state);
  const engine = createStreamEngine({ state, logs });
  await engine.start();
  const { records } = await engine.read('Events', 'shardId-000000000000', { type: 'TRIM_HORIZON' }, 10_000);
  await engine.stop();
  logs.close();

  const kept = records.map(({ data }) => data.toString());
  expect(acknowledged.length).toBeGreaterThanOrEqual(600);
  expect(new Set(kept).size).toBe(kept.length);
  expect(kept.filter((text) => acknowledged.includes(text))).toEqual(acknowledged);
  expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
    records.map(({ sequenceNumber }) => sequenceNumber).sort(),
  );
}, 30_000);
