import type { Step } from './step.ts';
import { A_LEASE_MS, changed, ended, runsTwice } from './task-runs.ts';
import type { WatchedPlatform } from './watched-platform.ts';

/** So many that a run of them, one at a time, is not over before another one is asked for. */
const MANY = 150;

/** Whether it is the function of a scheduled task. */
export function isOfTask(functionArn: string): boolean {
  return /Runner/.test(functionArn);
}

/** Tasks that copy tables: by their schedules, when they are asked to, one behind the other, and as rows come. */
export function scheduledSteps(platform: WatchedPlatform): readonly Step[] {
  const { manage, scheduled } = platform;
  const copied = async () => {
    await add(platform, MANY);
    await manage('POST', '/tasks/NoteCopies/run', {});
    await ended(platform, 'NoteCopies');
  };

  return [
    {
      name: 'run a task, and the one that follows it',
      async run() {
        const added = await add(platform);
        await manage('POST', '/tasks/NoteCopies/run', {});
        await arrived(platform, 'NoteCopy', added);
        await arrived(platform, 'NoteChained', added);
        await ended(platform, 'NoteChain');
      },
    },
    {
      name: 'copy rows when the time has come',
      async run() {
        const added = await add(platform);
        await scheduled.find(({ functionArn }) => functionArn.includes('NoteCopies'))?.run();
        await arrived(platform, 'NoteCopy', added);
      },
    },
    {
      name: 'follow a table for some seconds',
      async run() {
        try {
          await manage('POST', '/tasks/NoteFollower/start', {});
          await arrived(platform, 'NoteFollowed', await add(platform));
          await ended(platform, 'NoteFollower');
        } finally {
          await manage('POST', '/tasks/NoteFollower/stop', {});
        }
      },
      repeat: true,
    },
    {
      name: 'follow a table when the time has come',
      async run() {
        await manage('POST', '/tasks/NoteFollower/start', {});
        const added = await add(platform);
        const following = scheduled.find(({ functionArn }) => functionArn.includes('NoteFollower'))?.run();
        try {
          await Promise.race([following, arrived(platform, 'NoteFollowed', added)]);
          await ended(platform, 'NoteFollower');
        } finally {
          await manage('POST', '/tasks/NoteFollower/stop', {});
        }
        // Stopped, it ends within five seconds.
        await following;
      },
      repeat: true,
    },
    runsTwice(platform, 'NoteChain', copied),
    {
      name: 'look at the runs of a task',
      run: async () => void (await manage('GET', '/tasks/NoteCopies/runs')),
    },
  ];
}

/** @returns the id of the last new row */
async function add(platform: WatchedPlatform, count = 1): Promise<number> {
  const rows = Array(count).fill("('a note')").join();
  const [answer] = await changed(platform, `INSERT INTO NoteSource (Text) VALUES ${rows}`);

  return (answer as { insertId: number }).insertId + count - 1;
}

async function arrived(platform: WatchedPlatform, table: string, id: number): Promise<void> {
  const isThere = async () => {
    const [rows] = await changed(platform, `SELECT 1 FROM ${table} WHERE Id = ${id}`);

    return (rows as unknown[]).length > 0;
  };
  await platform.patience.until(`row ${id} of ${table}`, isThere, A_LEASE_MS);
}
