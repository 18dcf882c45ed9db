/**
 * Every refusal Causeway can answer, in one place: code → HTTP status → public text.
 *
 * `APIC.*` codes, statuses and texts are the reference system's and callers depend on them; the other families are ours.
 * `message` reaches the caller; `cause` and `detail` are private and only ever reach the log.
 */
const CATALOGUE = {
  'APIC.0101': [404, 'The API does not exist or has not been published in the environment.'],
  'APIC.0103': [500, 'The backend does not exist.'],
  'APIC.0106': [400, 'Orchestration error.'],
  'APIC.0201': [400, 'Bad request.'],
  'APIC.0201/413': [413, 'Request entity too large.'],
  'APIC.0201/414': [414, 'Request URI too large.'],
  'APIC.0201/494': [494, 'Request headers too large.'],
  'APIC.0202': [502, 'Backend unavailable.'],
  'APIC.0203': [504, 'Backend timeout.'],
  'APIC.0301': [401, 'Incorrect IAM authentication information.'],
  'APIC.0302': [403, 'The IAM user is not authorized to access the API.'],
  'APIC.0303': [401, 'Incorrect App authentication information.'],
  'APIC.0304': [403, 'The app is not authorized to access the API.'],
  'APIC.0305': [401, 'Incorrect authentication information.'],
  'APIC.0306': [403, 'API access denied.'],
  'APIC.0308': [429, 'The throttling threshold has been reached.'],
  'APIC.0404': [403, 'Access to the backend IP address has been denied.'],
  'APIC.0601': [500, 'Internal server error.'],
  'APIC.0605': [500, 'Domain name resolution failed.'],
  'APIC.0612': [500, 'An API cannot call itself.'],
  'APIC.0705': [500, 'Backend signature calculation failed.'],
  'CAUSEWAY.0400': [400, 'The request is not valid.'],
  'CAUSEWAY.0404': [404, 'Not found.'],
  'CAUSEWAY.0409': [409, 'It exists already.'],
  'CAUSEWAY.0412': [412, 'Its state does not allow this.'],
  'MQS.0400': [400, 'The message is not valid.'],
  'MQS.0413': [413, 'The message is too large.'],
  'MQS.0422': [422, 'The message cannot be masked.'],
  'MQS.0429': [429, 'The partition takes no more messages now.'],
  'MQS.0503': [503, 'The topic could not take the message.'],
  'MQS.0504': [504, 'Whether the topic has the message is not known.'],
  'CAUSEWAY.0423': [423, 'Another call is at it.'],
  'CAUSEWAY.0504': [504, 'The device has not answered in time.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ErrorCode = keyof typeof CATALOGUE;

export interface RefusalOptions {
  /** Public text; the catalogue's by default. Says what is wrong, the value received, what is allowed, what to do. */
  readonly message?: string;
  /** What the log may say and the caller may not. */
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The body of every refused call, keys in the reference's order. */
export interface RefusalBody {
  readonly error_msg: string;
  readonly error_code: string;
  /** 32 hexadecimal digits, found in the log. */
  readonly request_id: string;
}

/** A refusal with a catalogued code: what a caller did wrong or met, never a bug of ours. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, options: RefusalOptions = {}) {
    super(options.message ?? CATALOGUE[code][1], options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = CATALOGUE[code][0];
    this.detail = options.detail ?? {};
  }
}

/** The body a caller sees. `APIC.0201/413` and its like are one public code with several statuses. */
export function refusalBody(refusal: Refusal, requestId: string): RefusalBody {
  return { error_msg: refusal.message, error_code: publicCode(refusal.code), request_id: requestId };
}

export function publicCode(code: ErrorCode): string {
  return code.split('/')[0] as string;
}

/** The whole catalogue, for documentation and its test. */
export function catalogue(): { code: ErrorCode; status: number; message: string }[] {
  return Object.entries(CATALOGUE).map(([code, [status, message]]) => ({ code: code as ErrorCode, status, message }));
}

/** A setting (construct prop, CLI flag, definition) that cannot work: says what was received and what is allowed. */
export class InvalidSetting extends Error {
  override readonly name = 'InvalidSetting';

  /**
   * @param setting what was set, with its place: `Parking/ParkingEvents: partitions`
   * @param received the value as given; printed as JSON
   * @param allowed what would be accepted, in words: `a whole number from 1 to 100`
   */
  constructor(setting: string, received: unknown, allowed: string) {
    super(`${setting}: received ${JSON.stringify(received) ?? String(received)}; allowed: ${allowed}`);
  }
}
