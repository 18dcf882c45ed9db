import type { Engines, MysqlCluster } from '../engines.ts';
import { AwsError } from '../errors.ts';
import type { Limits } from './limits.ts';
import { SessionPool } from './session-pool.ts';

/** What every request of the Data API names. */
export interface SourceReference {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database?: string;
}

/** The pools of sessions by secret and schema; a new value of a secret makes a new pool. */
export class Sources {
  readonly #host: { readonly engines: Pick<Engines, 'mysql' | 'secrets'> };
  readonly #limits: Limits;
  readonly #pools = new Map<string, SessionPool>();

  /** @param host whose engines are there only when it has made them all */
  constructor(host: { readonly engines: Pick<Engines, 'mysql' | 'secrets'> }, limits: Limits) {
    this.#host = host;
    this.#limits = limits;
  }

  /** The whole ARN of the secret, which a permission is asked for, also when the request names it in part. */
  secretArn(id: string): string {
    return this.#host.engines.secrets.find(id)?.arn ?? id;
  }

  /** Throws `AwsError` NotFoundException, HttpEndpointNotEnabledException, SecretsErrorException, InvalidSecretException. */
  pool({ resourceArn, secretArn, database }: SourceReference): SessionPool {
    const cluster = this.#cluster(resourceArn);
    const { user, password } = this.#login(secretArn);
    const login = { socketPath: cluster.socketPath, user, password, database: database ?? '' };
    const key = JSON.stringify([resourceArn, secretArn, login.database]);
    const known = this.#pools.get(key);
    if (known !== undefined && sameLogin(known.login, login)) return known;
    known?.close();
    const pool = new SessionPool(login, this.#limits.connectionsPerLogin);
    this.#pools.set(key, pool);

    return pool;
  }

  /** The pool a transaction began with, as long as the request may use it: same cluster, same user; the schema was chosen then. */
  isSameLogin(pool: SessionPool, reference: SourceReference): boolean {
    return sameLogin(pool.login, this.pool(reference).login);
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  #cluster(resourceArn: string): MysqlCluster {
    const cluster = this.#host.engines.mysql.cluster(resourceArn);
    if (cluster === undefined) {
      throw new AwsError('NotFoundException', `The DB cluster ${resourceArn} can't be found`, 404);
    }
    if (!cluster.dataApiEnabled) {
      throw new AwsError(
        'HttpEndpointNotEnabledException',
        `The HTTP endpoint for using RDS Data API isn't enabled for the DB cluster ${resourceArn}`,
      );
    }

    return cluster;
  }

  #login(secretArn: string): { readonly user: string; readonly password: string } {
    const secret = this.#host.engines.secrets.find(secretArn);
    if (secret === undefined) {
      throw new AwsError('SecretsErrorException', `Secrets Manager can't find the specified secret: ${secretArn}`);
    }
    const { username, password } = parse(secret.secretString);
    if (typeof username === 'string' && typeof password === 'string') return { user: username, password };

    throw new AwsError(
      'InvalidSecretException',
      `The Secrets Manager secret ${secretArn} isn't valid: it must be a JSON object with username and password`,
    );
  }
}

function sameLogin(one: SessionPool['login'], other: SessionPool['login']): boolean {
  return one.user === other.user && one.password === other.password && one.socketPath === other.socketPath;
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
