import { type ErrorCode, Refusal } from '../errors.ts';

/** The RDS Data API's exceptions (and what the connection to it throws), by name → what the caller hears, what the log advises. */
const KNOWN: ReadonlyMap<string, readonly [code: ErrorCode, advice: string]> = new Map([
  [
    'DatabaseResumingException',
    ['APIC.0202', 'the cluster resumes from its pause; give it a minimum above 0 ACU to keep it awake'],
  ],
  ['DatabaseUnavailableException', ['APIC.0202', 'the cluster does not answer: is it running?']],
  ['ServiceUnavailableError', ['APIC.0202', 'the Data API is not available']],
  ['ServiceUnavailableException', ['APIC.0202', 'the Data API is not available']],
  ['StatementTimeoutException', ['APIC.0203', 'the statement ran too long: give it an index or less to read']],
  ['AbortError', ['APIC.0203', 'the statement ran longer than the call may take: give it an index or less to read']],
  ['TimeoutError', ['APIC.0203', 'the statement ran longer than the call may take: give it an index or less to read']],
  [
    'DatabaseErrorException',
    ['APIC.0601', 'the database refused the statement: see the cause; has the API user the right to its tables?'],
  ],
  [
    'UnsupportedResultException',
    ['APIC.0601', 'the result has two columns of one name or of a type JSON cannot hold: name and cast them'],
  ],
] as const);

const UNREACHABLE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT)$/;
/** What the database's driver says, inside one of the Data API's own exceptions, when the connection broke. */
const CONNECTION_LOST = /communications link failure|connection (was )?(lost|closed|refused|reset)|gone away/i;
const TOO_LARGE = /response size limit|returned more than|64 ?KB|1 ?MB/i;

/** What a caller hears of a statement that failed. Everything that would help to mend it stays in the log. */
export function queryRefusal(error: unknown): Refusal {
  const [code, advice] = judge(error);

  return new Refusal(code, { cause: error, detail: { advice } });
}

function judge(error: unknown): readonly [ErrorCode, string] {
  const { name = '', message = '', code = '' } = (error ?? {}) as { name?: string; message?: string; code?: string };
  if (UNREACHABLE.test(code)) {
    return ['APIC.0202', 'the Data API cannot be reached'];
  }
  if (CONNECTION_LOST.test(message)) {
    return ['APIC.0202', 'the database broke the connection: is it restarting?'];
  }
  if (name === 'BadRequestException' && TOO_LARGE.test(message)) {
    return ['APIC.0601', 'the result is above 1 MiB (or a row above 64 KB): add LIMIT, or name fewer columns'];
  }

  return KNOWN.get(name) ?? ['APIC.0601', 'the Data API refused the call: see the cause'];
}
