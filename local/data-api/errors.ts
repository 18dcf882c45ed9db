import { AwsError } from '../errors.ts';

/** How the Data API names what goes wrong. https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/CommonErrors.html */
export function badRequest(message: string): AwsError {
  return new AwsError('BadRequestException', message);
}

export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

export function unavailable(reason: string): AwsError {
  return new AwsError(
    'DatabaseUnavailableException',
    `The writer instance in the DB cluster isn't available: ${reason}`,
    504,
  );
}

export function transactionNotFound(id: string): AwsError {
  return new AwsError('TransactionNotFoundException', `Transaction ${id} is not found`, 404);
}

export function statementTimeout(dbConnectionId: number): AwsError {
  return new AwsError('StatementTimeoutException', 'Request timed out', 400, { dbConnectionId });
}

interface DriverError extends Error {
  readonly errno?: number;
  readonly code?: string;
  readonly sqlState?: string;
  readonly sqlMessage?: string;
}

/** ER_ACCESS_DENIED_ERROR: the login, not a right. */
const LOGIN_DENIED = 1045;
/** The server is going down, or somebody ended the session: the statement says nothing about itself. */
const SESSION_ENDED = new Set([1053, 1927]);

/** What the driver threw, in the Data API's words: the engine's own text with its numbers, or that nobody is there. */
export function databaseError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const { errno, code, sqlState, sqlMessage, message } = error as DriverError;
  if (sqlState === undefined || sqlMessage === undefined) return unavailable(code ?? message);
  if (errno === LOGIN_DENIED) {
    return new AwsError(
      'InvalidSecretException',
      `The Secrets Manager secret used with the request isn't valid: ${sqlMessage}`,
    );
  }
  if (errno !== undefined && SESSION_ENDED.has(errno)) return unavailable(sqlMessage);

  return new AwsError('DatabaseErrorException', `${sqlMessage}; Error code: ${errno}; SQLState: ${sqlState}`);
}
