/** What is wrong with a data source, for whoever has to change something. */
export interface SourceProblem {
  readonly kind:
    | 'resuming'
    | 'address'
    | 'tls'
    | 'unavailable'
    | 'network'
    | 'secret'
    | 'iam'
    | 'login'
    | 'rights'
    | 'missing'
    | 'slow'
    | 'other';
  /** What failed, in one sentence. */
  readonly problem: string;
  /** What to do about it. */
  readonly advice: string;
}

type Words = readonly [kind: SourceProblem['kind'], problem: string, advice: string];

const DEPLOY = 'deploy the platform again: its migrations set the password of every user from its secret';
const BY_NAME: Readonly<Record<string, Words>> = {
  DatabaseResumingException: [
    'resuming',
    'the database is resuming from its pause',
    'test again in half a minute; a databaseCapacity.min above 0 keeps it awake',
  ],
  DatabaseUnavailableException: [
    'unavailable',
    'the database does not answer',
    'look at the cluster in the RDS console: it may be restarting or failing over; test again in a minute',
  ],
  ServiceUnavailableError: ['unavailable', 'the Data API does not answer', 'test again in a minute'],
  InternalServerErrorException: ['unavailable', 'the Data API failed', 'test again in a minute'],
  HttpEndpointNotEnabledException: [
    'unavailable',
    'the Data API is switched off on the cluster',
    'deploy the platform again: its template switches it on',
  ],
  InvalidResourceStateException: [
    'unavailable',
    'the cluster is stopped or being changed',
    'start it in the RDS console, or wait until the change is done',
  ],
  DatabaseNotFoundException: ['missing', 'there is no such cluster or database', 'deploy the platform again'],
  SecretsErrorException: ['secret', 'the secret with its password cannot be read', `look at the secret; ${DEPLOY}`],
  InvalidSecretException: ['login', 'the database does not accept the password of its secret', DEPLOY],
  AccessDeniedException: [
    'iam',
    'IAM does not let the function use the database',
    'compare the policies of its role with the template; deploy the platform again',
  ],
  ForbiddenException: [
    'iam',
    'IAM does not let the function use the database',
    'compare the policies of its role with the template; deploy the platform again',
  ],
  StatementTimeoutException: [
    'slow',
    'a statement took longer than 45 s',
    'look for long transactions or locks in the database',
  ],
  TimeoutError: ['network', 'the Data API did not answer in time', 'test again; look at its status for the region'],
};
const NETWORK: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const BY_NUMBER: Readonly<Record<number, Words>> = {
  1044: ['rights', 'the user may not use the database', 'deploy the platform again: its migrations give the rights'],
  1045: ['login', 'the database does not accept the password of its secret', DEPLOY],
  1049: ['missing', 'there is no such database', 'deploy the platform again'],
  1142: [
    'rights',
    'the user lacks a right on the table',
    'deploy the platform, then the integration: their migrations give the rights',
  ],
  1143: [
    'rights',
    'the user lacks a right on a column',
    'deploy the platform, then the integration: their migrations give the rights',
  ],
  1146: ['missing', 'there is no such table', 'deploy the integration again: its migrations make the tables'],
  1205: ['slow', 'another transaction holds the rows', 'look for long transactions in the database; test again'],
  1290: [
    'unavailable',
    'the database takes no writes',
    'look at the cluster in the RDS console: it may be failing over',
  ],
  1836: [
    'unavailable',
    'the database takes no writes',
    'look at the cluster in the RDS console: it may be failing over',
  ],
};

/** Says plainly what an error of the Data API, its network or its database means. The error's own text comes along. */
export function sourceProblem(error: unknown): SourceProblem {
  const { name = '', message = String(error), code = '' } = error as Partial<NodeJS.ErrnoException>;
  const [, number] =
    /; Error code: (\d{4,5})\b/.exec(message) ?? /^(?:Database )?error code:? ?(\d{4,5})\b/i.exec(message) ?? [];
  const words: Words =
    BY_NUMBER[Number(number)] ??
    BY_NAME[name] ??
    (NETWORK.has(code)
      ? ['network', 'the Data API cannot be reached', 'look at the way from the function to it: network, DNS, endpoint']
      : ['other', 'it failed', 'the message says why; the log of the function has the rest']);
  const [kind, problem, advice] = words;

  return { kind, problem: `${problem}: ${message}`, advice };
}
