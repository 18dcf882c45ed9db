import type { Checking, SourceCheck } from '../../core/fdi/source-check.ts';
import type { SideQuestion, SideReply } from '../../core/fdi/task-source.ts';
import { within } from './sources/source.ts';

/** What tests one side of a task. @param checking with which its checks are made */
export type TestSide = (question: SideQuestion, checking: Checking) => Promise<readonly SourceCheck[]>;

export interface TestedSides {
  readonly source: TestSide;
  readonly target: TestSide;
}

/** The test did not come to its end. */
class TestLate extends Error {
  override readonly name = 'TestLate';
}

export function isSideTest(event: object): event is SideQuestion {
  return 'test' in event;
}

/** For the answer, in ms: it has to be given before Lambda ends the function. */
const FAREWELL_MS = 1000;

/**
 * Tries what the task reads, or writes, with the role, the network and the secrets that the task works with. Never throws.
 *
 * @param remainingMs of the invocation
 */
export async function testSide(sides: TestedSides, question: SideQuestion, remainingMs: number): Promise<SideReply> {
  const { test } = question;
  const timeMs = Math.min(question.timeMs, Math.max(remainingMs - FAREWELL_MS, 0));
  const late = () => new TestLate(`it was not done within ${(timeMs / 1000).toFixed(1)} s`);
  try {
    return { checks: await within(timeMs, sides[test](question, { now: () => performance.now() }), late) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const failed = { user: '', what: 'is tested', milliseconds: Math.round(timeMs), ok: false as const, problem };

    return {
      checks: [
        error instanceof TestLate
          ? {
              ...failed,
              kind: 'slow',
              advice: 'see what it is busy with: locks, long transactions, a slow answer; test again',
            }
          : { ...failed, kind: 'other', advice: "the message says why; the log of the task's function has the rest" },
      ],
    };
  }
}

/** A task's function, which answers tests too. */
export function tested<Event extends object, Context extends { getRemainingTimeInMillis(): number }, Answer>(
  sides: TestedSides,
  handler: (event: Event, context: Context) => Promise<Answer>,
) {
  return async (event: Event | SideQuestion, context: Context): Promise<Answer | SideReply> =>
    isSideTest(event) ? testSide(sides, event, context.getRemainingTimeInMillis()) : handler(event, context);
}
