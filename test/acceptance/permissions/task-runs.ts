import mysql from 'mysql2/promise';
import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

type Run = { readonly id: string; readonly state: string; readonly cause: string };

/** A process that is ended in the middle of a run keeps its task for a minute. */
export const A_LEASE_MS = 90_000;

export async function ended(platform: WatchedPlatform, task: string): Promise<void> {
  const isOver = async () => (await runsOf(platform, task))[0]?.state === 'succeeded';
  await platform.patience.until(`the end of the run of ${task}`, isOver, A_LEASE_MS);
}

/** Another run is due while one is going: it follows it, called by the one before. */
export function runsTwice(platform: WatchedPlatform, task: string, occupy: () => Promise<void>): Step {
  const { manage } = platform;
  const until = (what: string, holds: () => Promise<boolean>) => platform.patience.until(what, holds, A_LEASE_MS);

  return {
    name: `run ${task} while it runs`,
    async run() {
      const followers = async () =>
        (await runsOf(platform, task)).filter(({ cause }) => cause === 'waited').map(({ id }) => id);
      const before = await followers();
      // Whether the second one comes while the first is going is a matter of moments.
      await until(`a run of ${task} that waited`, async () => {
        await occupy();
        await manage('POST', `/tasks/${task}/run`, {});
        await until(`the run of ${task}`, async () => (await runsOf(platform, task))[0]?.state === 'running');
        await manage('POST', `/tasks/${task}/run`, {});
        await ended(platform, task);

        return (await followers()).some((id) => !before.includes(id));
      });
    },
    repeat: true,
  };
}

async function runsOf({ manage }: WatchedPlatform, task: string): Promise<readonly Run[]> {
  return (await manage('GET', `/tasks/${task}/runs?limit=20`))['items'] as Run[];
}

/** A statement on the platform's database, by who may look at it and play somebody else's system. */
export async function changed({ mysqlPort: port, facts }: WatchedPlatform, sql: string) {
  const connection = await mysql.createConnection({ host: '127.0.0.1', port, ...facts.database });
  try {
    return await connection.query(sql);
  } finally {
    await connection.end();
  }
}
