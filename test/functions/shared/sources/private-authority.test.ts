import { connect, createServer } from 'node:net';
import { afterAll, expect, test } from '@jest/globals';
import type { Logger } from '../../../../functions/shared/logger.ts';
import { driverSessions } from '../../../../functions/shared/runs/driver-session.ts';
import { scriptHost } from '../../../../functions/shared/script/script-host.ts';
import type { ScriptSettings } from '../../../../functions/shared/script/script-settings.ts';
import { callSources, type SourceSettings } from '../../../../functions/shared/sources/call-sources.ts';
import { createSourcePool } from '../../../../functions/shared/sources/source-pool.ts';
import { sourceDriver } from '../script/script-fixture.ts';
import { encryptedServers, NAMED_ADDRESS, PASSWORD } from './encrypted-servers.ts';

const { ports, authorities } = encryptedServers();
const pool = createSourcePool({ driver: sourceDriver });

afterAll(() => pool.close());

const NO_LOG: Logger = { info() {}, warn() {}, error() {}, child: () => NO_LOG };

interface Kind {
  readonly name: 'mysql' | 'postgresql' | 'redis';
  readonly user: string | null;
  readonly ask: string;
  readonly answer: unknown;
  readonly verify: string;
}

const KINDS: readonly Kind[] = [
  {
    ...{ name: 'mysql', user: 'reader', verify: 'sslMode=VERIFY_CA' },
    ask: "SELECT VARIABLE_VALUE <> '' AS encrypted FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'SSL_CIPHER'",
    answer: [{ encrypted: 1 }],
  },
  {
    ...{ name: 'postgresql', user: 'master', verify: 'sslmode=verify-ca' },
    ask: 'SELECT ssl AS encrypted FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    answer: [{ encrypted: true }],
  },
  { name: 'redis', user: null, verify: 'sslmode=verify-ca', ask: 'PING', answer: 'PONG' },
];

function settings({ name, user }: Kind, more: Partial<SourceSettings> & { host?: string; options?: string } = {}) {
  const { host = 'localhost', options = '', ...rest } = more;
  const url = {
    mysql: `jdbc:mysql://${host}:${ports.mysql}/shop${options}`,
    postgresql: `jdbc:postgresql://${host}:${ports.postgresql}/postgres${options}`,
    redis: `redis://${host}:${ports.redis}${options}`,
  }[name];

  return { type: null, url, user, password: PASSWORD, ca: authorities.ca, ...rest };
}

async function asked(source: SourceSettings, statement: string): Promise<unknown> {
  const sources = callSources(pool, () => 10_000);
  try {
    return await sources.execute(source, statement, []);
  } catch (error) {
    return (error as Error).message;
  } finally {
    await sources.end();
  }
}

test.each(KINDS)('$name is encrypted and verified with the authority that is given for it', async (kind) => {
  expect(await asked(settings(kind), kind.ask)).toEqual(kind.answer);
  expect(await asked(settings(kind, { options: `?${kind.verify}`, host: '127.0.0.1' }), kind.ask)).toEqual(kind.answer);
});

test.each(KINDS)('$name is refused without it, with another one, and under another name', async (kind) => {
  expect(await asked(settings(kind, { ca: null, options: `?${kind.verify}` }), kind.ask)).toMatch(/certificate/);
  expect(await asked(settings(kind, { ca: authorities.other }), kind.ask)).toMatch(/certificate/);
  expect(await asked(settings(kind, { host: '127.0.0.1' }), kind.ask)).toMatch(/altnames|IP/i);
});

test.each(KINDS)('$name is verified by an address that its certificate names', async (kind) => {
  const relay = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(connect(ports[kind.name], '127.0.0.1').on('error', () => undefined)).pipe(socket);
  });
  await new Promise<void>((listening) => relay.listen(ports[kind.name], NAMED_ADDRESS, listening));
  try {
    expect(await asked(settings(kind, { host: NAMED_ADDRESS }), kind.ask)).toEqual(kind.answer);
  } finally {
    relay.close();
  }
});

test('a session that was verified by one authority is not lent to who gives another', async () => {
  const [mysql] = KINDS as [Kind];
  expect(await asked(settings(mysql), mysql.ask)).toEqual(mysql.answer);

  expect(await asked(settings(mysql, { ca: authorities.other }), mysql.ask)).toMatch(/certificate/);
});

test('a scheduled task reaches such a database too, and not without its authority', async () => {
  const [mysql] = KINDS as [Kind];
  const login = { url: String(settings(mysql).url), user: 'reader', password: PASSWORD };
  const session = await driverSessions(pool, { ...login, ca: authorities.ca })();

  expect(await session.query({ sql: 'SELECT COUNT(*) AS n FROM orders', values: [] })).toEqual([{ n: 0 }]);
  await session.close();
  await expect(driverSessions(pool, { ...login, ca: authorities.other })()).rejects.toThrow(/certificate/);
});

test('a script reaches a source whose authority the stack names by its host', async () => {
  const named = { authority: async (host: string) => (host === 'localhost' ? authorities.ca : authorities.other) };
  const source = { type: 'mysql', url: settings(KINDS[0] as Kind).url, user: 'reader', password: PASSWORD };
  const ask = async (url: string | null) => {
    const host = scriptHost({ log: NO_LOG, remainingMs: () => 10_000 }, pool, named as unknown as ScriptSettings);
    try {
      const argument = { source: { ...source, url }, statement: (KINDS[0] as Kind).ask, values: [] };

      return await host.answer({ operation: 'data-source', argument });
    } catch (error) {
      return (error as Error).message;
    } finally {
      await host.end();
    }
  };

  expect(await ask(source.url)).toEqual([{ encrypted: 1 }]);
  expect(await ask(`${String(source.url).replace('localhost', '127.0.0.1')}?sslMode=VERIFY_CA`)).toMatch(/certificate/);
});

test('a URL that forbids encryption contradicts an authority', async () => {
  const [mysql] = KINDS as [Kind];

  expect(await asked(settings(mysql, { options: '?useSSL=false' }), mysql.ask)).toContain('usessl: received "false"');
});
