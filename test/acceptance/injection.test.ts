import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import mysql from 'mysql2/promise';
import { type Answer, attack, type Target } from '../injection/attack.ts';
import { FORMS, TREASURE } from '../injection/forms.ts';
import { HOSTILE, HOSTILE_TEXTS } from '../injection/hostile-texts.ts';
import { eventually, type Platform, removeFolder, startPlatform, temporaryFolder } from './platform.ts';
import { trialAssembly } from './trial/assembly.ts';
import { FORBIDDEN, PASTED } from './trial/index.ts';

type Rows = readonly Readonly<Record<string, unknown>>[];

const folder = temporaryFolder();
const COLLATION = 'utf8mb4_unicode_ci';
/** Below the 100 a second a connection may publish. */
const PAUSE_MS = 15;
/** Spellings no client library makes. */
const RAW = [
  '%bf%27%20OR%201=1',
  '%c0%a7%20OR%201=1',
  '%FF',
  '%',
  '%zz',
  '%00',
  '%u0027',
  '%EF%BC%87',
  "'%20OR%201=1",
  '%ed%a0%80',
];

let platform: Platform;
/** Reads and changes the rows of user tables, as tasks do. */
let tables: mysql.Connection;

beforeAll(async () => {
  platform = await startPlatform({ assembly: await trialAssembly(folder) });
  tables = await loggedIn('causeway_fdi');
}, 180_000);

afterAll(async () => {
  await tables?.end();
  await platform?.stop();
  removeFolder(platform?.state ?? '');
  removeFolder(folder);
}, 60_000);

describe('hostile values as parameters of APIs', () => {
  test.each(FORMS)(
    'over HTTP change nothing and leak nothing: $name',
    async (form) => {
      expect(await attack(target('Trial'), [form], HOSTILE_TEXTS, { lanes: 4 })).toEqual([]);
    },
    120_000,
  );

  test('the same, against an implementation that pastes, is found', async () => {
    const values = [...(HOSTILE['quotes'] ?? []), ...(HOSTILE['unions'] ?? [])];
    const forms = FORMS.filter(({ name }) => PASTED.includes(name));
    const found = await attack(target('Pasting'), forms, values);

    expect(new Set(found.map(({ form }) => form))).toEqual(new Set(PASTED));
    expect(found.some(({ what }) => what.includes(TREASURE))).toBe(true);
  }, 60_000);

  test.each([
    ['in a path', (value: string) => get(`/injection/path/${encodeURIComponent(value)}`)],
    ['in a header', (value: string) => get('/inheader', { 'X-Value': value })],
  ])(
    '%s, as far as HTTP can carry them, leak nothing',
    async (_, ask) => {
      for (const value of HOSTILE_TEXTS.filter(
        (text) => /^[\x20-\x7e]{1,500}$/.test(text) && !/^\.{1,2}$/.test(text),
      )) {
        const { status, text } = await ask(value);

        expect([200, 400, 404]).toContain(status);
        expect(text).not.toContain(TREASURE);
      }
      expect(await hiddenRows()).toEqual([{ Id: 3, Name: TREASURE, Public: 0 }]);
    },
    60_000,
  );

  test.each(RAW)('the query x=%s, which is no encoding of UTF-8 or none at all, finds nothing', async (raw) => {
    for (const form of ['bare', 'quoted', 'list']) {
      const { status, text } = await get(`/injection/${form}?x=${raw}`);

      expect([status, text]).toEqual([200, '{"default":[]}']);
    }
  });
});

describe('hostile values as values of devices', () => {
  test('arrive as they were sent, or are quarantined with a reason and every byte; nothing else is changed', async () => {
    const before = await hiddenRows();
    await publishAll(HOSTILE_TEXTS);
    const arrived = async () => ({
      spoken: await rows('SELECT Number, Text FROM Spoken'),
      rejected: await rows(
        "SELECT Reason, CONVERT(Body USING utf8mb4) AS Body FROM causeway.quarantine WHERE Task = 'Spoken'",
      ),
    });
    const { spoken, rejected } = await eventually(
      arrived,
      (now) => now.spoken.length + now.rejected.length >= HOSTILE_TEXTS.length,
      30_000,
    );

    const texts = new Map(spoken.map(({ Number: number, Text }) => [number, Text]));
    const bodies = new Map(rejected.map(({ Body, Reason }) => [String(Body), String(Reason)]));
    const lost = HOSTILE_TEXTS.filter((text, number) =>
      texts.has(number) ? texts.get(number) !== text : (bodies.get(payload(number, text)) ?? '').length < 10,
    );
    expect(lost).toEqual([]);
    expect(spoken.length + rejected.length).toBe(HOSTILE_TEXTS.length);
    expect(spoken.length).toBeGreaterThan(HOSTILE_TEXTS.length - 20);
    expect(await hiddenRows()).toEqual(before);
  }, 90_000);
});

describe('the users of the database', () => {
  test.each(Object.entries(FORBIDDEN))('the one of the APIs cannot: %s', async (name, sql) => {
    const before = await hiddenRows();
    const answer = await get(`/${name.toLowerCase()}`);
    const body = JSON.parse(answer.text) as Record<string, string>;

    expect([answer.status, body['error_code'], body['error_msg']]).toEqual([
      500,
      'APIC.0601',
      'Internal server error.',
    ]);
    const line = () =>
      platform
        .logs()
        .split('\n')
        .find((one) => one.includes(body['request_id'] as string) && one.includes('causeway_api'));
    expect(await eventually(async () => line(), Boolean, 3_000)).toMatch(/denied/);
    expect(sql).toBeDefined();
    expect(await hiddenRows()).toEqual(before);
  });

  const ownTables = ['position', 'quarantine', 'lease'];

  test.each([
    ...[
      'CREATE TABLE Made (Id INT)',
      'DROP TABLE Spoken',
      'ALTER TABLE Spoken ADD COLUMN X INT',
      'TRUNCATE TABLE Spoken',
    ],
    ...["CREATE USER 'x'@'%'", "GRANT SELECT ON integration.* TO 'causeway_api'@'%'", 'SELECT * FROM mysql.user'],
    ...['SELECT * FROM causeway.granted', 'SELECT * FROM causeway.migration', 'DROP TABLE causeway.position'],
    ...['CREATE VIEW Seen AS SELECT 1', 'CREATE TRIGGER T BEFORE INSERT ON Spoken FOR EACH ROW SET NEW.Number = 1'],
  ])('the one of tasks cannot: %s', async (sql) => {
    await expect(tables.query(sql)).rejects.toThrow(/denied/);
  });

  test.each([
    ...['INSERT INTO Inbox (Text) VALUES ("x")', 'UPDATE Spaces SET Public = 1', 'DELETE FROM Spaces'],
    ...['CREATE TABLE Made (Id INT)', 'DROP TABLE Spaces', 'SELECT * FROM mysql.user', "CREATE USER 'x'@'%'"],
    ...ownTables.map((table) => `DELETE FROM causeway.${table}`),
    ...['UPDATE causeway.position SET Written = 0', "INSERT INTO causeway.granted VALUES ('a', 'b', 'c', 'd')"],
  ])('the one who reads cannot: %s', async (sql) => {
    const reader = await loggedIn('causeway_reader');
    try {
      await expect(reader.query(sql)).rejects.toThrow(/denied/);
    } finally {
      await reader.end();
    }
  });

  test('the one of migrations sees neither credentials nor what was delivered', async () => {
    const migrate = await loggedIn('causeway_migrate');
    try {
      for (const sql of ['SELECT * FROM mysql.user', ...ownTables.map((table) => `SELECT * FROM causeway.${table}`)]) {
        await expect(migrate.query(sql)).rejects.toThrow(/denied/);
      }
    } finally {
      await migrate.end();
    }
  });
});

function target(group: 'Trial' | 'Pasting'): Target {
  return {
    call: ({ name, method }, value) => {
      const fields = new URLSearchParams({ x: value });
      const address = `${platform.file.apis[group]?.url}/injection/${name}`;

      return method === undefined
        ? answerOf(fetch(`${address}?${fields}`))
        : answerOf(fetch(address, { method, body: fields }));
    },
    truth: async (sql, values) => {
      const [found] = await tables.execute(sql, values as never);

      return found as Rows;
    },
  };
}

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return answerOf(fetch(`${platform.file.apis['Trial']?.url}${path}`, { headers }));
}

async function answerOf(call: Promise<Response>): Promise<Answer> {
  const response = await call;

  return { status: response.status, text: await response.text() };
}

/** As the user whose secret the platform made. */
function loggedIn(user: string): Promise<mysql.Connection> {
  const { host, port, database } = platform.file.mysql;
  const { secrets } = JSON.parse(readFileSync(join(platform.state, 'secrets', 'secrets.json'), 'utf8')) as {
    secrets: { versions: { stages: string[]; secretString: string }[] }[];
  };
  const logins = secrets
    .flatMap(({ versions }) => versions.filter(({ stages }) => stages.includes('AWSCURRENT')))
    .map(({ secretString }) => JSON.parse(secretString) as { username?: string; password?: string });
  const password = logins.find(({ username }) => username === user)?.password ?? '';

  return mysql.createConnection({ host, port, database, user, password, charset: COLLATION });
}

async function rows(sql: string): Promise<Rows> {
  const reader = await mysql.createConnection({ ...platform.file.mysql, charset: COLLATION });
  try {
    const [found] = await reader.query(sql);

    return (found as object[]).map((row) => ({ ...row }));
  } finally {
    await reader.end();
  }
}

function hiddenRows(): Promise<Rows> {
  return rows('SELECT * FROM Spaces WHERE Public = 0');
}

function payload(number: number, text: string): string {
  return JSON.stringify({ number, text });
}

async function publishAll(texts: readonly string[]): Promise<void> {
  const device = platform.file.devices.find(({ device: name }) => name === 'P-001');
  const { clientId, username, password, publish } = device as NonNullable<typeof device>;
  const client = await mqtt.connectAsync(platform.file.mqtt.url, { clientId, username, password });
  for (const [number, text] of texts.entries()) {
    await client.publishAsync(publish, payload(number, text), { qos: 1 });
    await sleep(PAUSE_MS);
  }
  await client.endAsync();
}
