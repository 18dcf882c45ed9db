import type { SourceProblem } from './source-fault.ts';

type Words = readonly [pattern: RegExp, kind: SourceProblem['kind'], problem: string, advice: string];

/** What drivers and servers say, and what it means; the first that fits. Numbers are of MySQL, the others SQLStates, words Redis's. */
const WORDS: readonly Words[] = [
  [
    /there is no host|ENOTFOUND|EAI_AGAIN/,
    'address',
    'there is no such host',
    'correct the host in the URL; names of a private network are not known to functions',
  ],
  [
    /may not be reached from here/,
    'address',
    'its address is one that functions are kept from',
    'give it an address outside of the platform: not loopback, link-local or metadata',
  ],
  [/received .*; allowed:/, 'address', 'the URL is not right', 'correct it in the stack, and deploy'],
  [/ECONNREFUSED/, 'network', 'nobody listens at the port', 'start the server, or correct the port in the URL'],
  [
    /self-signed|unable to (?:verify|get)|UNABLE_TO|SELF_SIGNED|issuer/,
    'tls',
    'nobody that is trusted vouches for its certificate',
    'give its authority in the stack: certificateAuthority, a PEM or a secret with one',
  ],
  [
    /altnames|ALTNAME/,
    'tls',
    'its certificate is for another name',
    'write the name of the certificate into the URL, or verify-ca',
  ],
  [
    /certificate has expired|CERT_HAS_EXPIRED|not yet valid/,
    'tls',
    'its certificate is not valid now',
    "renew it at the server, and look at the server's clock",
  ],
  [
    /does not encrypt|does not support SSL/,
    'tls',
    'the server does not encrypt, and the URL asks for it',
    'switch TLS on at the server, or correct sslMode in the URL',
  ],
  [
    /wrong version number|packet length too long|EPROTO|SSL routines/,
    'tls',
    'the server does not speak TLS at this port',
    'switch TLS on at the server, or correct the port or the scheme of the URL',
  ],
  [
    /no connection to|no address of|ETIMEDOUT|did not answer|timed out/,
    'network',
    'nobody answers',
    'let the functions in: a firewall or a security group keeps them out, or it is in a network they are not in',
  ],
  [
    /\berror 1045\b|28P01|28000|WRONGPASS|NOAUTH|without any password|needs a user|AuthenticationFailed/,
    'login',
    'user or password is not right',
    'compare the user in the stack and the password in its secret with those of the server',
  ],
  [
    /\berror 1130\b|no pg_hba\.conf entry/,
    'login',
    'the server does not let this user in from here',
    "allow the functions' addresses at the server",
  ],
  [
    /\berror 1049\b|3D000|DB index is out of range/,
    'missing',
    'there is no such database',
    'correct the database in the URL, or create it',
  ],
  [/\berror 1146\b|42P01/, 'missing', 'there is no such table', 'correct its name in the stack, or create it'],
  [
    /\berror (?:1044|1142|1143|1227)\b|42501|NOPERM|\(Unauthorized\)/,
    'rights',
    'the user lacks a right',
    'grant it at the server: SELECT for what is read, INSERT, UPDATE and DELETE too for what is written',
  ],
  [
    /\berror (?:1290|1836)\b|25006|READONLY|takes no writes/,
    'unavailable',
    'it takes no writes',
    'name the primary in the URL, and no replica',
  ],
  [
    /\berror (?:1040|1203)\b|53300|max number of clients/,
    'unavailable',
    'it has no connection left',
    "end some, or raise the server's limit",
  ],
  [/member of a Redis cluster/, 'address', 'it is one of a cluster', 'add cluster=true to the URL'],
  [/was ended after/, 'slow', 'a statement took too long', 'look for locks and long transactions; test again'],
  [
    /ECONNRESET|EPIPE|Connection (?:lost|terminated|is closed)|closed the connection|ended/i,
    'network',
    'the server ended the connection',
    "look into the server's log; another protocol at the port, or a firewall, does that too",
  ],
];
const OTHER: Words = [/(?:)/, 'other', 'it failed', 'the message says why; the log of the function has the rest'];
/** Of Secrets Manager. */
const OF_SECRETS: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'AccessDeniedException',
  'DecryptionFailure',
]);

/** Says plainly what an error on the way to a source means. Its own text comes along; drivers keep passwords out of it. */
export function driverProblem(error: unknown): SourceProblem {
  const { name = '', message = String(error), code = '' } = error as Partial<NodeJS.ErrnoException>;
  if (OF_SECRETS.has(name) || /^the secret/.test(message)) {
    return {
      kind: 'secret',
      problem: `its secret cannot be read: ${message}`,
      advice: 'look whether the secret has a value, and the field the stack names; deploy the integration again',
    };
  }
  const said = `${message} ${code}`;
  const [, kind, problem, advice] = WORDS.find(([pattern]) => pattern.test(said)) ?? OTHER;

  return { kind, problem: `${problem}: ${message}`, advice };
}
