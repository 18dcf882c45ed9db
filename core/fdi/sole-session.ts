/** What transactions are made of. */
export interface Transactional {
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Never throws. */
  rollback(): Promise<void>;
  /** Never throws. */
  close(): Promise<void>;
}

/** One connection, opened when it is needed. It runs one statement at a time, and a heartbeat comes when it will. */
export interface SoleSession<Session extends Transactional> {
  readonly isOpen: boolean;
  readonly isBusy: boolean;
  /** After everything that is under way. */
  alone<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer>;
  /** The same in a transaction. */
  together<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer>;
  /** The next call opens a new one. Never throws. */
  close(): Promise<void>;
}

export function soleSession<Session extends Transactional>(open: () => Promise<Session>): SoleSession<Session> {
  let session: Session | undefined;
  let busy: Promise<unknown> | undefined;

  async function opened(): Promise<Session> {
    session ??= await open();

    return session;
  }

  async function alone<Answer>(work: (session: Session) => Promise<Answer>): Promise<Answer> {
    const running = (busy ?? Promise.resolve()).then(async () => work(await opened()));
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    busy = settled;
    try {
      return await running;
    } finally {
      busy = busy === settled ? undefined : busy;
    }
  }

  return {
    get isOpen() {
      return session !== undefined;
    },
    get isBusy() {
      return busy !== undefined;
    },
    alone,
    together: (work) =>
      alone(async (own) => {
        await own.begin();
        try {
          const answer = await work(own);
          await own.commit();

          return answer;
        } catch (error) {
          await own.rollback();
          throw error;
        }
      }),
    async close() {
      const old = session;
      session = undefined;
      await old?.close();
    },
  };
}
