import type { OpenSession, RunSession } from '../../../core/fdi/run-session.ts';

/** A step of a process on one of its sides: it may be killed here. Each side's come one after the other, those of both at once. */
export type Pass = (side: 'source' | 'target') => Promise<void>;
export type StepSide = Parameters<Pass>[0];

/** Sessions whose every call has a step before it and one behind it. */
export function stepped(open: OpenSession, side: StepSide, pass: Pass): OpenSession {
  const step = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    await pass(side);
    const answer = await work();
    await pass(side);

    return answer;
  };

  return async () => {
    const session: RunSession = await open();

    return {
      ...session,
      query: (statement, timeMs) => step(() => session.query(statement, timeMs)),
      change: (statement) => step(() => session.change(statement)),
      begin: () => step(() => session.begin()),
      commit: () => step(() => session.commit()),
    };
  };
}
