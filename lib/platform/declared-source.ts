import { createHash } from 'node:crypto';
import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { DeclaredSource } from '../../core/fdi/declared-source.ts';
import { type TaskSide, type TaskSource, type TestedFeed, taskSourceName } from '../../core/fdi/task-source.ts';
import type { HandlerFunction } from './handler-function.ts';
import { Integration } from './integration.ts';

interface SecretPlace {
  readonly secret: Pick<ISecret, 'secretArn'>;
  readonly key?: string;
}

/** What operators can have tested. */
export interface DeclaredSourceProps {
  readonly url: string;
  readonly user?: string;
  readonly password?: SecretPlace;
  readonly certificateAuthority?: string | SecretPlace;
}

/**
 * Writes a source into the catalogue, and lets the function that tests sources read its secrets: `causeway datasource test <name>`.
 *
 * @param name unique in the stack: `Shop.Orders.keys`
 * @param usedBy what uses it, for lists
 * @param writes the tables that are written
 */
export function declareSource(
  scope: Construct,
  name: string,
  source: DeclaredSourceProps,
  { usedBy, writes = [] }: { readonly usedBy: string; readonly writes?: readonly string[] },
): void {
  const written = { usedBy, ...(writes.length > 0 && { writes }) };
  Integration.of(scope).catalog.add(scope, 'source', name, { ...loginOf(source), ...written });
  allowSecrets(scope, source);
}

/** One side of a task, as its stack knows it. */
export interface TaskSourceProps {
  readonly task: string;
  readonly side: TaskSide;
  /** Its function, which tests it. */
  readonly handler: Pick<HandlerFunction, 'arn'>;
  /** What the function is told of it. */
  readonly told: object;
  /** Of a database of its own. */
  readonly database?: DeclaredSourceProps;
  /** Of everything else: what it is, and how people know it. */
  readonly is?: { readonly kind: NonNullable<TaskSource['kind']>; readonly place: string };
  /** Secrets that let the task in, and what else is known at deployment only. */
  readonly by?: readonly string[];
  readonly feed?: TestedFeed;
}

/**
 * Writes what a task reads, or writes, into the catalogue as `<task>.source` and `<task>.target`, and lets the management API have it tested by the
 * task's function: for `causeway datasource test`, and before the task is started or run.
 */
export function declareTaskSource(scope: Construct, props: TaskSourceProps): void {
  const { task, side, handler, told, database, is, by = [], feed } = props;
  const integration = Integration.of(scope);
  const source: TaskSource = {
    usedBy: task,
    ...is,
    settings: createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 16),
    tester: { functionArn: handler.arn, task, side, ...(feed && { feed }) },
  };
  integration.catalog.add(scope, 'source', taskSourceName(task, side), {
    ...(database && loginOf(database)),
    ...source,
    ...(by.length > 0 && { by }),
  });
  if (database !== undefined) {
    // To show its tables and columns.
    allowSecrets(scope, database);
  }
  for (const role of ['testSources', 'manageTasks'] as const) {
    integration.allow(role, { actions: ['lambda:InvokeFunction'], resources: [handler.arn] });
  }
}

function loginOf({
  url,
  user,
  password,
  certificateAuthority: ca,
}: DeclaredSourceProps): Omit<DeclaredSource, 'usedBy'> {
  return {
    url,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password: placeOf(password) }),
    ...(ca !== undefined && { ca: typeof ca === 'string' ? { pem: ca } : placeOf(ca) }),
  };
}

function allowSecrets(scope: Construct, { password, certificateAuthority: ca }: DeclaredSourceProps): void {
  const integration = Integration.of(scope);
  const secrets = [password, typeof ca === 'string' ? undefined : ca].flatMap((place) =>
    place === undefined ? [] : [place.secret.secretArn],
  );
  for (const secretArn of new Set(secrets.map((arn) => Token.asString(arn)))) {
    integration.allow('testSources', { actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] });
  }
}

function placeOf({ secret, key }: SecretPlace) {
  return { secretArn: secret.secretArn, ...(key !== undefined && { key }) };
}
