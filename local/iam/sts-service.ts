import { ACCOUNT } from '../account.ts';
import type { AwsResponse, AwsService, Principal } from '../aws/service.ts';
import { AwsError } from '../errors.ts';
import type { IamEngine } from './iam-engine.ts';
import { LIMITS } from './limits.ts';
import { principalIdOf } from './principal-id.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const SECONDS = LIMITS.sessionSeconds;
/** Where a caller says nothing. Ref: STS/latest/APIReference/API_AssumeRole */
const STANDARD_SECONDS = 3600;
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;
const ROLE_ARN = /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/;

type Operation = (input: URLSearchParams, caller: Principal, iam: IamEngine) => readonly (readonly [string, Xml])[];
type Xml = string | { readonly [name: string]: Xml };

/** Each operation with the parameters it knows. Others are refused by name: a session would be something else than AWS's. */
const OPERATIONS: Readonly<Record<string, { readonly parameters: readonly string[]; readonly run: Operation }>> = {
  AssumeRole: { parameters: ['RoleArn', 'RoleSessionName', 'DurationSeconds'], run: assumeRole },
  GetCallerIdentity: { parameters: [], run: getCallerIdentity },
};

/** Who one is, and being a role for a while. Ref: STS/latest/APIReference/CommonParameters (the AWS query protocol) */
export function stsService(iam: IamEngine): AwsService {
  return {
    signingName: 'sts',
    needs: () => [],
    async handle(request, caller) {
      const input = new URLSearchParams(request.body.toString());
      const name = input.get('Action') ?? '';
      const operation = OPERATIONS[name];
      if (operation === undefined) throw new AwsError('InvalidAction', `${name} is not served locally.`);
      const known = ['Action', 'Version', ...operation.parameters];
      const unknown = [...input.keys()].find((one) => !known.includes(one));
      if (unknown !== undefined) throw invalid(`${name}: the parameter ${unknown} is not served locally.`);
      const result = operation.run(input, caller, iam);

      return answer(200, `${name}Response`, { [`${name}Result`]: Object.fromEntries(result) });
    },
    renderError(error, requestId) {
      const known = error instanceof AwsError ? error : new AwsError('InternalFailure', 'Internal failure', 500);
      const { code, message, status } = known;

      return answer(status, 'ErrorResponse', {
        Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
        RequestId: requestId,
      });
    },
  };
}

function assumeRole(input: URLSearchParams, caller: Principal, iam: IamEngine) {
  const roleArn = input.get('RoleArn') ?? '';
  const sessionName = input.get('RoleSessionName') ?? '';
  const seconds = Number(input.get('DurationSeconds') ?? STANDARD_SECONDS);
  if (!ROLE_ARN.test(roleArn)) throw invalid(`${roleArn} is invalid`);
  if (!SESSION_NAME.test(sessionName)) {
    throw invalid(`RoleSessionName: '${sessionName}' must have 2 to 64 of letters, digits and _+=,.@-`);
  }
  if (!Number.isInteger(seconds) || seconds < SECONDS.minimum || seconds > SECONDS.maximum) {
    throw invalid(`DurationSeconds: ${seconds} must be from ${SECONDS.minimum} to ${SECONDS.maximum}.`);
  }
  const expiration = new Date(Date.now() + seconds * 1000).toISOString();
  const { credentials, principal } = iam.assumeAs(caller, roleArn, sessionName, seconds);
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;

  return [
    ['AssumedRoleUser', { AssumedRoleId: principalIdOf(principal), Arn: principal.sessionArn }],
    [
      'Credentials',
      {
        ...{ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken },
        Expiration: expiration,
      },
    ],
  ] as const;
}

function getCallerIdentity(_input: URLSearchParams, caller: Principal) {
  return [
    ['Arn', caller.sessionArn],
    ['UserId', principalIdOf(caller)],
    ['Account', ACCOUNT],
  ] as const;
}

function answer(status: number, root: string, members: Xml): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<${root} xmlns="${NAMESPACE}">${xml(members)}</${root}>`,
  };
}

function xml(value: Xml): string {
  if (typeof value === 'string') return value.replaceAll(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

  return Object.entries(value)
    .map(([name, member]) => `<${name}>${xml(member)}</${name}>`)
    .join('');
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message, 400);
}
