export type Outcome = 'ok' | 'warning' | 'failed';

/** One thing looked at. */
export interface Check {
  readonly name: string;
  readonly outcome: Outcome;
  readonly found: string;
  /** What to do about it; absent where nothing is to be done. */
  readonly advice?: string;
}

export function passed(name: string, found: string): Check {
  return { name, outcome: 'ok', found };
}

export function warned(name: string, found: string, advice: string): Check {
  return { name, outcome: 'warning', found, advice };
}

export function failed(name: string, found: string, advice: string): Check {
  return { name, outcome: 'failed', found, advice };
}
