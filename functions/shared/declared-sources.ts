import type { DeclaredSource } from '../../core/fdi/declared-source.ts';
import type { MongoSession } from '../../core/fdi/run-mongo-port.ts';
import type { TestDeclaredPorts } from '../../core/fdi/test-declared.ts';
import { openMongo } from './runs/run-mongo.ts';
import { readSecretText } from './secrets.ts';
import { callSources, type SourceSettings, sourceAddress } from './sources/call-sources.ts';
import { SourceFailed } from './sources/source.ts';
import { createSourcePool, type SourcePool } from './sources/source-pool.ts';

let shared: SourcePool | undefined;

/** A MongoDB that a stack declares; whoever asks closes it. @param timeMs for the way to it */
export async function openDeclaredMongo(source: DeclaredSource, timeMs: number): Promise<MongoSession> {
  const { url, user, password, ca } = source;

  return openMongo(
    {
      url,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password: await secretText(password) }),
      ...(ca !== undefined && { ca: 'pem' in ca ? ca.pem : await secretText(ca) }),
    },
    timeMs,
  );
}

/** A new session each time: one that was kept would prove nothing. @param timeMs for all of the test */
export function openDeclared(
  source: DeclaredSource,
  timeMs: number,
  pool: SourcePool = ownPool(),
): TestDeclaredPorts['open'] {
  return async () => {
    const settings: SourceSettings = {
      ...{ type: null, url: source.url, user: source.user ?? null },
      password: source.password === undefined ? null : await secretText(source.password),
      ca: source.ca === undefined ? null : 'pem' in source.ca ? source.ca.pem : await secretText(source.ca),
    };
    const { kind, user = '' } = sourceAddress(settings);
    const deadline = performance.now() + timeMs;
    const sources = callSources(pool, () => deadline - performance.now());
    const run = (statement: string, values: readonly string[] = []) => sources.execute(settings, statement, values);
    try {
      await run(kind === 'redis' ? 'PING' : 'SELECT 1 AS one');
    } catch (error) {
      await sources.end();
      pool.close();
      throw error;
    }

    return {
      ...{ kind, user: settings.user ?? user },
      session: {
        run,
        async close() {
          await sources.end();
          pool.close();
        },
      },
    };
  };
}

/** Without a word of its text. */
async function secretText({ secretArn, key }: { readonly secretArn: string; readonly key?: string }): Promise<string> {
  const text = await readSecretText(secretArn);
  if (text === undefined) {
    throw new SourceFailed('the secret has no value');
  }
  if (key === undefined) {
    return text;
  }
  const value = fieldOf(text, key);
  if (value === undefined) {
    throw new SourceFailed(`the secret has no field ${key}`);
  }

  return value;
}

function fieldOf(text: string, key: string): string | undefined {
  try {
    const fields = JSON.parse(text) as Readonly<Record<string, unknown>> | null;

    return fields !== null && Object.hasOwn(fields, key) ? String(fields[key]) : undefined;
  } catch {
    return undefined;
  }
}

function ownPool(): SourcePool {
  shared ??= createSourcePool();

  return shared;
}
