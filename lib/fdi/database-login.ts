import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { certificateAuthorities } from '../../core/apic/certificate-authorities.ts';
import { parseSourceUrl, type SourceKind, verifiedAddress } from '../../core/apic/script/jdbc-url.ts';
import { parseMongoUrl, verifiedMongo } from '../../core/fdi/mongo-url.ts';
import type { HandlerParts } from '../platform/handler-code.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid, type Place } from '../platform/setting.ts';

/** A database outside of the platform. Its password is in Secrets Manager and nowhere else. */
export interface DatabaseLoginProps {
  /** `jdbc:mysql://host:3306/database` or `jdbc:postgresql://host:5432/database?currentSchema=…`; may be known only at deployment. */
  readonly url: string;
  /** @default - that of the URL */
  readonly user?: string;
  /**
   * A secret's text, or one field of it where it is JSON.
   * @default - none
   */
  readonly password?: { readonly secret: Pick<ISecret, 'secretArn'>; readonly key?: string };
  /**
   * PEM, or a secret with it: the authorities that certify the server, in place of the usual ones. The connection is encrypted and verified then,
   * whatever the URL says.
   * @default - the usual ones, where the URL asks for verification
   */
  readonly certificateAuthority?: string | { readonly secret: Pick<ISecret, 'secretArn'>; readonly key?: string };
}

/** A Redis, or what speaks its protocol: Valkey, ElastiCache, MemoryDB. Its password is in Secrets Manager and nowhere else. */
export interface RedisLoginProps extends Omit<DatabaseLoginProps, 'url'> {
  /** `redis://host:6379/0`, `rediss://host:6379` with TLS, `?cluster=true` of a cluster; may be known only at deployment. */
  readonly url: string;
}

/** A MongoDB, or what speaks its protocol. Its password is in Secrets Manager and nowhere else. */
export interface MongoLoginProps extends Omit<DatabaseLoginProps, 'url'> {
  /** `mongodb://host:27017/database?replicaSet=rs0&tls=true`, `mongodb+srv://host/database`; may be known only at deployment. */
  readonly url: string;
}

/** What has a driver of its own beside a function. */
export type DriverKind = SourceKind | 'mongodb';

export type DatabaseKind = Exclude<SourceKind, 'redis'>;

/**
 * The kinds whose drivers are needed.
 *
 * @throws InvalidSetting for a URL that names no such database, or holds a password
 */
export function databaseKinds(
  place: Place,
  setting: string,
  { url, certificateAuthority: ca }: DatabaseLoginProps,
): readonly DatabaseKind[] {
  checkAuthority(place, setting, ca);
  if (Token.isUnresolved(url)) {
    return ['mysql', 'postgresql'];
  }
  const address = parseSourceUrl(undefined, url);
  const { kind, password } = ca === undefined ? address : verifiedAddress(address);
  if (kind === 'redis') {
    throw invalid(place, `${setting}.url`, url, 'jdbc:mysql://… or jdbc:postgresql://…');
  }
  checkNoPassword(place, setting, password);

  return [kind];
}

/** @throws InvalidSetting for a URL that names no Redis, or holds a password */
export function checkRedis(place: Place, setting: string, { url, certificateAuthority: ca }: RedisLoginProps): void {
  checkAuthority(place, setting, ca);
  if (Token.isUnresolved(url)) {
    return;
  }
  const address = parseSourceUrl(undefined, url);
  const { kind, password } = ca === undefined ? address : verifiedAddress(address);
  if (kind !== 'redis') {
    throw invalid(place, `${setting}.url`, url, 'redis://… or rediss://…');
  }
  checkNoPassword(place, setting, password);
}

function checkAuthority(place: Place, setting: string, ca: DatabaseLoginProps['certificateAuthority']): void {
  if (typeof ca === 'string') {
    const where = typeof place === 'string' ? place : place.node.path;
    certificateAuthorities(`${where}: ${setting}.certificateAuthority`, ca);
  }
}

function checkNoPassword(place: Place, setting: string, password: string | undefined): void {
  if (password !== undefined) {
    throw invalid(place, `${setting}.url`, 'a password', 'none: it belongs in `password`, which names a secret');
  }
}

/** @throws InvalidSetting for a URL that names no MongoDB, or holds a password */
export function checkMongo(place: Place, setting: string, { url, certificateAuthority: ca }: MongoLoginProps): void {
  checkAuthority(place, setting, ca);
  if (Token.isUnresolved(url)) {
    return;
  }
  const address = parseMongoUrl(url);
  const { password } = ca === undefined ? address : verifiedMongo(address, url);
  checkNoPassword(place, setting, password);
}

/** The drivers of these, as they lie beside a function. */
export function databaseDrivers(kinds: readonly DriverKind[]): HandlerParts {
  return Object.fromEntries(kinds.map((kind) => [`drivers/${kind}.mjs`, { entry: `drivers/${kind}` }]));
}

/** Tells a function where a database is, and lets it read the password. @param side `SOURCE` or `TARGET`: how its variables begin */
export function giveLogin(handler: HandlerFunction, side: 'SOURCE' | 'TARGET', login: DatabaseLoginProps): void {
  const { url, user, password, certificateAuthority: ca } = login;
  handler.variable(`${side}_URL`, url);
  if (user !== undefined) {
    handler.variable(`${side}_USER`, user);
  }
  if (password !== undefined) {
    const { secretArn } = password.secret;
    handler.variable(`${side}_SECRET_ARN`, secretArn).allow(['secretsmanager:GetSecretValue'], [secretArn]);
    if (password.key !== undefined) {
      handler.variable(`${side}_SECRET_KEY`, password.key);
    }
  }
  if (ca !== undefined && typeof ca !== 'string') {
    const { secretArn } = ca.secret;
    handler.variable(`${side}_CA_ARN`, secretArn).allow(['secretsmanager:GetSecretValue'], [secretArn]);
    if (ca.key !== undefined) {
      handler.variable(`${side}_CA_KEY`, ca.key);
    }
  }
}

/** The authorities that are written in the stack, by side: certificates are longer than an environment may be. */
export function authoritiesOf(
  logins: Readonly<Record<'SOURCE' | 'TARGET', DatabaseLoginProps | undefined>>,
): Readonly<Record<string, string>> {
  const texts = Object.entries(logins).flatMap(([side, login]) =>
    typeof login?.certificateAuthority === 'string' ? [[side, login.certificateAuthority] as const] : [],
  );

  return Object.fromEntries(texts);
}
