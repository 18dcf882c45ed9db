import { driverProblem } from './driver-problem.ts';
import type { SourceProblem } from './source-fault.ts';

type Words = readonly [pattern: RegExp, kind: SourceProblem['kind'], problem: string, advice: string];

/** What APIs, and the ways to them, say and mean; the first that fits. What is not among them is said of databases too. */
const OF_APIS: readonly Words[] = [
  [
    /\banswered 401\b/,
    'login',
    'it does not accept the login',
    'compare what the secret of `auth` holds with what the API expects; a new text counts at once',
  ],
  [
    /\banswered 403\b/,
    'rights',
    'who asks may not do this',
    'give it the right at the API, or name another login in `auth`',
  ],
  [/\banswered 407\b/, 'login', 'something between asks for a login of its own', 'let the functions around that proxy'],
  [
    /\banswered (?:404|410)\b/,
    'address',
    'it has nothing at this address',
    'correct `url` (and `path`) in the stack, and deploy',
  ],
  [/\banswered 405\b/, 'address', 'it does not take this method', 'correct `method` in the stack, and deploy'],
  [
    /\banswered (?:400|422)\b/,
    'other',
    'it does not understand what it is asked',
    'correct the parameters, headers and body in the stack, and deploy',
  ],
  [
    /\banswered (?:408|425|429|5\d\d)\b/,
    'unavailable',
    'it cannot answer now',
    'look at its state; it says itself what is wrong; then test again',
  ],
  [
    /\banswered 3\d\d\b|redirect/i,
    'address',
    'it is somewhere else by now',
    'write the address it leads to into the stack, and deploy',
  ],
  [
    /has no list at|answered no (?:JSON|XML)/,
    'other',
    'its answer is not what the source says',
    'correct `dataType` and `records` in the stack, and deploy',
  ],
  [/secret of the/, 'secret', 'its secret cannot be used', 'write the secret as the API gave it, in one line'],
];
/** What brokers of Kafka and their client say. */
const OF_KAFKA: readonly Words[] = [
  [
    /authenticat|SASL/i,
    'login',
    'it does not accept the login',
    'compare the secret of `login` with the users of the cluster, and its mechanism with those the listener takes',
  ],
  [
    /does not host this topic|UNKNOWN_TOPIC/i,
    'missing',
    'there is no such topic',
    'correct its name in the stack, or create it; who may not describe a topic is told the same',
  ],
  [
    /not authorized/i,
    'rights',
    'the user lacks a right',
    'allow it to describe and read the topic, and to read and describe groups that begin with `groupPrefix`',
  ],
  [
    /Connection timeout/i,
    'network',
    'nobody answers',
    'let the functions in: a firewall keeps them out, or the broker is in a network they are not in',
  ],
  [/secret of the cluster/, 'secret', 'its secret cannot be used', 'write it as the cluster needs it: docs/kafka.md'],
];
/** AWS's own names. */
const OF_AWS: Readonly<Record<string, readonly [kind: SourceProblem['kind'], problem: string, advice: string]>> = {
  missing: ['missing', 'it is not there', 'correct its name in the stack, or deploy the stack that makes it first'],
  denied: [
    'iam',
    "the task's function may not do it",
    "deploy the task's stack again; of a bucket of somebody else's, look at its policy, and at the key it is encrypted with",
  ],
  elsewhere: ['address', 'it is in another region', 'use one in the region of the platform'],
  silent: ['network', 'AWS does not answer', 'test again in a minute; look at the state of the service in the region'],
};
const AWS_NAMES: Readonly<Record<string, keyof typeof OF_AWS>> = {
  ResourceNotFoundException: 'missing',
  NoSuchBucket: 'missing',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  KMSAccessDeniedException: 'denied',
  PermanentRedirect: 'elsewhere',
  NoAnswer: 'silent',
};

/** Says plainly what an error on the way to an HTTP API means. Its own text comes along, without anything that was told in confidence. */
export function apiProblem(error: unknown): SourceProblem {
  return problemBy(OF_APIS, error);
}

/** The same of a cluster of Kafka. */
export function kafkaProblem(error: unknown): SourceProblem {
  return problemBy(OF_KAFKA, error);
}

function problemBy(words: readonly Words[], error: unknown): SourceProblem {
  const message = error instanceof Error ? error.message : String(error);
  const found = words.find(([pattern]) => pattern.test(message));
  if (found === undefined) {
    return driverProblem(error);
  }
  const [, kind, problem, advice] = found;

  return { kind, problem: `${problem}: ${message}`, advice };
}

/** The same of a stream or a bucket. */
export function awsProblem(error: unknown): SourceProblem {
  const { name = '', message = String(error) } = error as Partial<Error>;
  const [kind, problem, advice] = OF_AWS[AWS_NAMES[name] ?? ''] ?? [
    'other',
    'it failed',
    "the message says why; the log of the task's function has the rest",
  ];

  return { kind, problem: `${problem}: ${message}`, advice };
}
