import { type AttemptReport, attempt, type Order } from './attempt.ts';
import type { CallOrder } from './call.ts';
import { call, type Told } from './call.ts';
import type { Pass, StepSide } from './stepped.ts';

/** What a process is to do; it tells its parent how it went, or that it waits to be killed. */
export type ChildOrder = (Order | CallOrder) & {
  /** Say so at this step, counted from 1 on its side, and go no further there. */
  readonly haltAt?: { readonly side: StepSide; readonly step: number };
};

/** What it tells its parent; `told` on the way, which the parent answers. */
export type ChildMessage = 'ready' | 'halted' | { readonly report: AttemptReport } | { readonly told: Told };

process.on('message', async (message: ChildOrder | 'taken') => {
  if (message === 'taken') {
    return;
  }
  const { haltAt, ...order } = message;
  const steps = { source: 0, target: 0 };
  const pass: Pass = async (side) => {
    steps[side] += 1;
    if (side === haltAt?.side && steps[side] === haltAt.step) {
      process.send?.('halted');
      await new Promise(() => undefined);
    }
  };
  const report = await ('event' in order
    ? call(order, pass, tell).then((end) => ({ end }))
    : attempt(order, pass)
  ).catch((error: unknown) => ({ end: 'thrown', message: String(error) }));
  process.send?.({ report });
});
process.send?.('ready');

/** Until the parent has it: what was handed over is there, whatever becomes of this process. */
function tell(told: Told): Promise<void> {
  const taken = new Promise<void>((resolve) => {
    process.on('message', (message) => message === 'taken' && resolve());
  });
  process.send?.({ told });

  return taken;
}
