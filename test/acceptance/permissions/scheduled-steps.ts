import mysql from 'mysql2/promise';
import { AwsError } from '../../../local/errors.ts';
import { eventually } from '../platform.ts';
import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

const PATIENCE_MS = 20_000;

export function isOfTask(functionArn: string): boolean {
  return /Note(Copies|Chain|Follower)Runner/.test(functionArn);
}

/** Tasks that copy tables: by their schedules, when they are asked to, one behind the other, and as rows come. */
export function scheduledSteps(platform: WatchedPlatform): readonly Step[] {
  const { manage, scheduled } = platform;

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
    {
      name: 'look at the runs of a task',
      run: async () => void (await manage('GET', '/tasks/NoteCopies/runs')),
    },
    ...['NoteCopies', 'NoteChain', 'NoteFollower'].map((task) => ({
      name: `read the log of ${task}`,
      run: async () => void (await manage('GET', `/tasks/${task}/logs`)),
    })),
    ...['NoteCopies', 'NoteChain', 'NoteFollower'].map((task) => ({
      name: `replay what is in the quarantine of ${task}`,
      run: async () => void (await manage('POST', `/tasks/${task}/rejected`, { code: 'none', overwrite: true })),
    })),
  ];
}

/** A process that is ended in the middle of a run keeps its task for a minute. */
async function ended({ manage }: WatchedPlatform, task: string): Promise<void> {
  const isOver = async () => {
    const { items } = (await manage('GET', `/tasks/${task}/runs?limit=1`)) as { items: { state: string }[] };

    return items[0]?.state === 'succeeded';
  };
  if (!(await eventually(isOver, Boolean, PATIENCE_MS)))
    throw new AwsError('Timeout', `the run of ${task} does not end`);
}

/** @returns the id of a new row */
async function add(platform: WatchedPlatform): Promise<number> {
  return connected(platform, async (connection) => {
    const [answer] = await connection.query("INSERT INTO NoteSource (Text) VALUES ('a note')");

    return (answer as { insertId: number }).insertId;
  });
}

async function arrived(platform: WatchedPlatform, table: string, id: number): Promise<void> {
  const isThere = () =>
    connected(platform, async (connection) => {
      const [rows] = await connection.query(`SELECT 1 FROM ${table} WHERE Id = ${id}`);

      return (rows as unknown[]).length > 0;
    });
  if (!(await eventually(isThere, Boolean, PATIENCE_MS))) throw new AwsError('Timeout', `${table} has no row ${id}`);
}

async function connected<Answer>(
  { mysqlPort: port, facts }: WatchedPlatform,
  work: (connection: mysql.Connection) => Promise<Answer>,
): Promise<Answer> {
  const connection = await mysql.createConnection({ host: '127.0.0.1', port, ...facts.database });
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
