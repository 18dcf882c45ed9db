import * as real from '../../core/fdi/read-ahead.ts';

const TIMES = 400;

/** No mistake: every batch is cut as one of so many times its records is. */
export function cutsOf(records: number, overlap: boolean): readonly number[] {
  return real.cutsOf(records * TIMES, overlap).map((at) => Math.max(1, Math.floor(at / TIMES)));
}
