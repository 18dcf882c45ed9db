import type { RunEvent } from '../../../core/fdi/run-control.ts';
import { runQuarantine } from '../../../core/fdi/run-quarantine.ts';
import { workOn } from '../../../core/fdi/run-work.ts';
import { platformSessions } from '../../../functions/shared/runs/platform-session.ts';
import { type Order, sidesOf } from './attempt.ts';
import { type Pass, stepped } from './stepped.ts';

/** A call of the task's function. */
export interface CallOrder extends Order {
  readonly event: RunEvent;
}

/** What the function hands to others, or to itself. */
export interface Told {
  readonly to: string;
  readonly event: RunEvent;
}

/** So many looks at the clock are within the time of a call: a page or two. */
const LOOKS = 6;
const LOOK_MS = 10_000;

/** One call of the task's function, as Lambda makes it; its time is soon over. @param tell hands an event over, and waits until that is done */
export async function call(
  { event, ...order }: CallOrder,
  pass: Pass,
  tell: (told: Told) => Promise<void>,
): Promise<string> {
  const { reader, target, close } = sidesOf(order, pass);
  const quiet = () => undefined;
  let leftMs = LOOKS * LOOK_MS;
  try {
    const { outcome } = await workOn(
      {
        task: order.task,
        entry: async () => ({ name: order.task.name, app: 'app', topic: '', table: 'target', wanted: 'started' }),
        reader: async () => reader,
        target: async () => target,
        quarantine: runQuarantine(platformSessions(undefined), order.task.name, 'source'),
        logSession: stepped(platformSessions(undefined), 'target', pass),
        onSource: async () => undefined,
        async tell(to, told) {
          await pass('target');
          await tell({ to, event: told });
          await pass('target');
        },
        ownArn: 'own',
        functionOf: (name) => name,
        logger: { info: quiet, warn: quiet, error: quiet },
        now: () => new Date(),
        random: () => Math.floor(Math.random() * 0x10000).toString(16),
        pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        remainingMs() {
          leftMs -= LOOK_MS;

          return leftMs;
        },
      },
      event,
    );

    return outcome;
  } finally {
    close();
  }
}
