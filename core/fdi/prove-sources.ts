import { Refusal } from '../errors.ts';
import type { SourceCheck } from './source-check.ts';
import {
  hasPassed,
  type SideQuestion,
  type SideReply,
  type SourceTest,
  settingsOf,
  TASK_SIDES,
  type TaskSource,
  taskSourceName,
} from './task-source.ts';

export interface ProofPorts {
  readonly find: (name: string) => Promise<TaskSource | undefined>;
  readonly note: (name: string, tested: SourceTest) => Promise<void>;
  /** Asks a task's function. */
  readonly ask: (functionArn: string, question: SideQuestion) => Promise<SideReply>;
  readonly now: () => Date;
}

/** The gateway waits 29 s for an answer, and functions take a moment to start. */
const TEST_MS = 20_000;
const DONE = { start: 'started', run: 'run' } as const;

/** Has a side of a task tested by the task's own function, and notes what became of it. Never throws for what the source does. */
export async function testTaskSource(
  { ask, note, now }: ProofPorts,
  name: string,
  source: TaskSource & Required<Pick<TaskSource, 'tester'>>,
): Promise<readonly SourceCheck[]> {
  const { functionArn, task, side, feed } = source.tester;
  const question: SideQuestion = { test: side, timeMs: TEST_MS, ...(feed && { feed }) };
  const checks = await ask(functionArn, question).then(
    (reply) => reply.checks,
    (error: unknown) => [silent(task, error)],
  );
  await note(name, { at: now().toISOString(), passed: checks.every(({ ok }) => ok), of: settingsOf(source) });

  return checks;
}

/**
 * Lets a task be used only when what it reads and what it writes have passed their tests, as they are set now. What is not on record is tested here.
 *
 * @throws Refusal CAUSEWAY.0412, saying which did not pass, why, and what to do
 */
export async function proveSources(ports: ProofPorts, task: string, use: keyof typeof DONE): Promise<void> {
  const problems = await Promise.all(
    TASK_SIDES.map(async (side) => {
      const name = taskSourceName(task, side);
      const source = await ports.find(name);
      if (source?.tester === undefined || hasPassed(source)) {
        return [];
      }
      const checks = await testTaskSource(ports, name, { ...source, tester: source.tester });
      const failed = checks.find(({ ok }) => !ok);

      return failed === undefined || failed.ok ? [] : [{ name, failed }];
    }),
  );
  const found = problems.flat();
  if (found.length > 0) {
    const said = found.map(
      ({ name, failed: { what, problem, advice } }) =>
        `${name} did not pass its test (${what}): ${problem}. To do: ${advice}. "causeway datasource test ${name}" tests it again.`,
    );
    throw new Refusal('CAUSEWAY.0412', {
      message: `${task} is not ${DONE[use]}. ${said.join(' ')} "causeway task ${use} ${task} --force" does it all the same.`,
    });
  }
}

function silent(task: string, error: unknown): SourceCheck {
  const message = error instanceof Error ? error.message : String(error);

  return {
    ...{ user: '', what: 'is tested', milliseconds: 0, ok: false as const, kind: 'other' as const },
    problem: `the function of ${task}, which tests it, gave no answer: ${message.slice(0, 300)}`,
    advice: `look into its log (causeway task logs ${task}), and deploy its stack again`,
  };
}
