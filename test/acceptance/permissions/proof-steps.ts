import type { Step } from './step.ts';
import type { WatchedPlatform } from './watched-platform.ts';

/** Of scheduled tasks: what is on record as passed is not tested again: each source fails its test first, since its task's function is away. */
export function proofSteps({ breakFunction, manage }: WatchedPlatform): readonly Step[] {
  const fail = async (task: string, handler: RegExp) => {
    const mend = breakFunction(handler);
    try {
      await manage('POST', `/datasources/${task}.source/test`, {});
    } finally {
      mend();
    }
  };

  return [
    {
      name: 'run a task whose source has to be tested',
      async run() {
        await fail('NoteCopies', /NoteCopiesRunner/);
        await manage('POST', '/tasks/NoteCopies/run', {});
      },
      repeat: true,
    },
    ...['NoteCopies', 'NoteChain', 'NoteFollower'].map((task) => ({
      name: `start and stop ${task}, whose source has to be tested`,
      async run() {
        await fail(task, new RegExp(`${task}Runner`));
        await manage('POST', `/tasks/${task}/start`, {});
        await manage('POST', `/tasks/${task}/stop`, {});
      },
      repeat: true,
    })),
  ];
}
