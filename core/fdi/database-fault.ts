import type { RejectionCode } from './rejection.ts';

/**
 * What a failed database call means for the batch:
 * - `deadlock`, `lock`: the whole transaction again · `connection`: again, once or twice
 * - `data`: some row of the batch · `slow`: too many rows for one statement
 * - `other`: nothing this invocation can do (rights, a missing table, a paused or full database)
 */
export type FaultKind = 'deadlock' | 'lock' | 'connection' | 'data' | 'slow' | 'other';

export interface DatabaseFault {
  readonly kind: FaultKind;
  /** The engine's error number, when the message has one. */
  readonly errno?: number;
  readonly message: string;
  /**
   * What a record is quarantined under that is to blame.
   * @default 'database'
   */
  readonly code?: RejectionCode;
}

const DEADLOCK = 1213;
const LOCK_WAIT = 1205;
/**
 * The engine's numbers that say nothing about the rows: resources, rights, names, read-only, time. Everything else it
 * numbers is taken for data: a bad row in the quarantine can be replayed, a bad row at the head of a shard stops it for ever.
 */
const NOT_DATA: ReadonlySet<number> = new Set([
  1005, 1006, 1016, 1020, 1021, 1028, 1030, 1034, 1036, 1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1046, 1047,
  1049, 1051, 1054, 1064, 1077, 1080, 1081, 1102, 1103, 1105, 1114, 1119, 1130, 1135, 1136, 1142, 1143, 1146, 1147,
  1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1189, 1190, 1194, 1195, 1203, 1206, 1207, 1226,
  1227, 1235, 1243, 1290, 1305, 1317, 1318, 1356, 1370, 1412, 1422, 1442, 1449, 1457, 1461, 1615, 1792, 1836, 1969,
  3024, 3100, 3101, 3572,
]);
/** The server shuts down, or killed the connection. */
const CONNECTION: ReadonlySet<number> = new Set([1053, 1079, 1927]);
/** The client library's own numbers: the connection was lost or never made. */
const FIRST_CLIENT_ERROR = 2000;
const LAST_CLIENT_ERROR = 2999;
/** The Data API's own names for "not now", and the network's. */
const CONNECTION_NAMES: ReadonlySet<string> = new Set([
  'DatabaseUnavailableException',
  'ServiceUnavailableError',
  'InternalServerErrorException',
  'TransactionNotFoundException',
  'TimeoutError',
  'NetworkingError',
]);
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
]);
/** Before or behind the engine's own text, never within: that may quote a value, and a value may read like an error. */
const ERROR_NUMBER = /^(?:Database )?error code:? ?(\d{4,5})\b|; error code: ?(\d{4,5})(?:; SQLState: ?\w{5})?$/i;
const WELL_KNOWN: readonly (readonly [RegExp, number])[] = [
  [/^(?:\(conn=\d+\) )?Deadlock found when trying to get lock/, DEADLOCK],
  [/^(?:\(conn=\d+\) )?Lock wait timeout exceeded/, LOCK_WAIT],
];

export function databaseFault(error: unknown): DatabaseFault {
  if (!(error instanceof Error)) {
    return { kind: 'other', message: String(error) };
  }
  const { name, message } = error;
  const errno = errorNumber(message);
  if (errno !== undefined) {
    return { kind: kindOf(errno), errno, message };
  }
  if (name === 'StatementTimeoutException') {
    return { kind: 'slow', message };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';

  return { kind: CONNECTION_NAMES.has(name) || CONNECTION_CODES.has(code) ? 'connection' : 'other', message };
}

/** The Data API wraps the engine's error in text; two well-known sentences count where the number is left out. */
function errorNumber(message: string): number | undefined {
  const match = ERROR_NUMBER.exec(message);

  return match === null ? WELL_KNOWN.find(([sentence]) => sentence.test(message))?.[1] : Number(match[1] ?? match[2]);
}

function kindOf(errno: number): FaultKind {
  if (errno === DEADLOCK) {
    return 'deadlock';
  }
  if (errno === LOCK_WAIT) {
    return 'lock';
  }
  if (CONNECTION.has(errno) || (errno >= FIRST_CLIENT_ERROR && errno <= LAST_CLIENT_ERROR)) {
    return 'connection';
  }

  return NOT_DATA.has(errno) ? 'other' : 'data';
}
