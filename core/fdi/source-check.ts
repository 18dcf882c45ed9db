import { driverProblem } from './driver-problem.ts';
import type { SourceProblem } from './source-fault.ts';

/** One thing that was tried of a source or a target. */
export type SourceCheck = {
  /** The user it was tried as; empty where there is none. */
  readonly user: string;
  /** `connects`, `reads ParkingData`, `writes ParkingData`. */
  readonly what: string;
  readonly milliseconds: number;
} & (({ readonly ok: true } & Partial<Unproved>) | ({ readonly ok: false } & SourceProblem));

/** Nothing failed, and nothing is proved: it could not be tried without leaving something behind. */
export interface Unproved {
  /** Why, in one sentence. */
  readonly unproved: string;
}

export interface Checking {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly user?: string;
  /** @default what drivers of databases say */
  readonly problemOf?: (error: unknown) => SourceProblem;
}

/** Tries it, and says what became of it. Never throws. */
export async function checked(
  { now, user = '', problemOf = driverProblem }: Checking,
  what: string,
  check: () => Promise<Unproved | undefined>,
): Promise<SourceCheck> {
  const startedAt = now();
  const about = () => ({ user, what, milliseconds: Math.round(now() - startedAt) });
  try {
    const unproved = await check();

    return { ...about(), ok: true, ...unproved };
  } catch (error) {
    return { ...about(), ok: false, ...problemOf(error) };
  }
}
