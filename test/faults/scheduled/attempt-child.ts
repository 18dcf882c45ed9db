import { attempt, type Order } from './attempt.ts';
import type { Pass, StepSide } from './stepped.ts';

/** What a process is to do; it tells its parent how it went, or that it waits to be killed. */
export interface ChildOrder extends Order {
  /** Say so at this step, counted from 1 on its side, and go no further there. */
  readonly haltAt?: { readonly side: StepSide; readonly step: number };
}

process.on('message', async ({ haltAt, ...order }: ChildOrder) => {
  const steps = { source: 0, target: 0 };
  const pass: Pass = async (side) => {
    steps[side] += 1;
    if (side === haltAt?.side && steps[side] === haltAt.step) {
      process.send?.('halted');
      await new Promise(() => undefined);
    }
  };
  const report = await attempt(order, pass).catch((error: unknown) => ({ end: 'thrown', message: String(error) }));
  process.send?.({ report });
});
process.send?.('ready');
