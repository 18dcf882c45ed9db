/** Why a record cannot be written; kept with it in the quarantine. */
export type RejectionCode =
  | 'envelope'
  | 'encoding'
  | 'syntax'
  | 'model'
  | 'missing'
  | 'type'
  | 'length'
  | 'range'
  | 'enumeration'
  | 'characters'
  | 'expression'
  | 'database'
  | 'answer';

/** The outcome of reading a value or a record that cannot be written. A value, not an exception: bad data is expected. */
export class Rejection {
  readonly code: RejectionCode;
  /** In words, with the numbers; never longer than the quarantine's column. */
  readonly reason: string;

  constructor(code: RejectionCode, reason: string) {
    this.code = code;
    this.reason = reason.length > 1000 ? `${reason.slice(0, 999)}…` : reason;
  }

  /** The same, said of a column. */
  of(column: string): Rejection {
    return new Rejection(this.code, `${column}: ${this.reason}`);
  }
}

/** A piece of a value for a reason: enough to recognise it, too little to fill the quarantine. */
export function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);

  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
