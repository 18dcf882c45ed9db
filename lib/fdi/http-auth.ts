import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { certificateAuthorities } from '../../core/apic/certificate-authorities.ts';
import { checkHttpAuth, type HttpAuth } from '../../core/fdi/run-http-auth.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid, type Place } from '../platform/setting.ts';

/** A secret's text, or one field of it where it is JSON. */
export interface SecretText {
  readonly secret: Pick<ISecret, 'secretArn'>;
  /** @default - the whole text */
  readonly key?: string;
}

/** PEM, or a secret with it: the authorities that certify a server, in place of the usual ones. */
export type HttpAuthority = string | SecretText;

/** How a server of HTTP is told who asks: one of these. What is secret is in Secrets Manager and nowhere else. */
export type HttpAuthProps =
  | { readonly basic: { readonly user: string; readonly password: SecretText } }
  | { readonly bearer: SecretText }
  /** In a header (`header: 'X-Api-Key'`) or in the query (`query: 'key'`). */
  | { readonly apiKey: { readonly value: SecretText } & ({ readonly header: string } | { readonly query: string }) }
  /**
   * The credentials of an app, JSON `{key, secret}` as of an `IntegrationApp`, by which each request is signed: for APIs of ours, of this platform or of
   * another one.
   */
  | { readonly app: Pick<SecretText, 'secret'> }
  /** Client credentials: a token is asked for, and again before it ends. */
  | {
      readonly oauth2: {
        /** May be known only at deployment. */
        readonly tokenUrl: string;
        readonly clientId: string;
        readonly clientSecret: SecretText;
        /** @default - none */
        readonly scope?: string;
        /** @default - none */
        readonly audience?: string;
        /**
         * Where the client's id and secret stand in the request for a token.
         * @default 'header'
         */
        readonly credentials?: 'header' | 'body';
      };
    };

/** What the runner is told of it: nothing that is secret. */
export function httpAuthOf(props: HttpAuthProps | undefined): HttpAuth {
  if (props === undefined) {
    return { kind: 'none' };
  }
  if ('basic' in props) {
    return { kind: 'basic', user: props.basic.user };
  }
  if ('bearer' in props) {
    return { kind: 'bearer' };
  }
  if ('apiKey' in props) {
    const { apiKey } = props;

    return 'header' in apiKey
      ? { kind: 'api-key', in: 'header', name: apiKey.header }
      : { kind: 'api-key', in: 'query', name: apiKey.query };
  }
  if ('app' in props) {
    return { kind: 'app' };
  }
  const { clientId, scope, audience, credentials = 'header' } = props.oauth2;

  return {
    ...{ kind: 'oauth2', clientId, credentials },
    ...(scope !== undefined && { scope }),
    ...(audience !== undefined && { audience }),
  };
}

/**
 * Lets a function read the secret, and tells it where it is.
 *
 * @param side `SOURCE` or `TARGET`: how its variables begin
 * @throws InvalidSetting naming what no server can understand
 */
export function giveHttpAuth(
  place: Place,
  handler: HandlerFunction,
  side: 'SOURCE' | 'TARGET',
  props: HttpAuthProps | undefined,
): void {
  const where = `${typeof place === 'string' ? place : place.node.path}: ${side.toLowerCase()}.http.auth`;
  checkHttpAuth(httpAuthOf(props), where);
  if (props === undefined) {
    return;
  }
  const { secret, key } = secretOf(props);
  handler.variable(`${side}_SECRET_ARN`, secret.secretArn).allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
  if (key !== undefined) {
    handler.variable(`${side}_SECRET_KEY`, key);
  }
  if ('oauth2' in props) {
    handler.variable(
      `${side}_TOKEN_URL`,
      checkUrl(place, `${side.toLowerCase()}.http.auth.oauth2.tokenUrl`, props.oauth2.tokenUrl),
    );
  }
}

/** Lets a function trust a server by its own authorities. @throws InvalidSetting for what is no PEM */
export function giveAuthorities(
  place: Place,
  handler: HandlerFunction,
  side: 'SOURCE' | 'TARGET',
  authority: HttpAuthority | undefined,
): void {
  if (authority === undefined) {
    return;
  }
  if (typeof authority === 'string') {
    const where = typeof place === 'string' ? place : place.node.path;
    certificateAuthorities(`${where}: ${side.toLowerCase()}.http.certificateAuthority`, authority);

    return;
  }
  const { secretArn } = authority.secret;
  handler.variable(`${side}_CA_ARN`, secretArn).allow(['secretsmanager:GetSecretValue'], [secretArn]);
  if (authority.key !== undefined) {
    handler.variable(`${side}_CA_KEY`, authority.key);
  }
}

/** As the function is told them; those of a secret it reads there. */
export function authorityOf(authority: HttpAuthority | undefined): { readonly ca?: string } {
  return typeof authority === 'string' ? { ca: authority } : {};
}

/** Those of a secret, as a test is of them. */
export function authorityFacts(authority: HttpAuthority | undefined): readonly string[] {
  return authority === undefined || typeof authority === 'string'
    ? []
    : [authority.secret.secretArn, authority.key ?? ''];
}

/** What a test of it is of, beside what the runner is told: other ones have to be tested anew. */
export function authFacts(props: HttpAuthProps | undefined): readonly string[] {
  if (props === undefined) {
    return [];
  }
  const { secret, key = '' } = secretOf(props);

  return [secret.secretArn, key, ...('oauth2' in props ? [props.oauth2.tokenUrl] : [])];
}

/** A URL of http or https that holds nothing secret; one that is known only at deployment is taken as it is. @throws InvalidSetting */
export function checkUrl(place: Place, setting: string, text: string): string {
  if (Token.isUnresolved(text)) {
    return text;
  }
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== '') {
    throw invalid(place, setting, text, 'a URL that begins with https:// or http://, without a fragment');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      place,
      setting,
      `${url.protocol}//…@${url.host}`,
      'no user and password: `auth` names them, and their secret',
    );
  }

  return text;
}

function secretOf(props: HttpAuthProps): SecretText {
  if ('basic' in props) {
    return props.basic.password;
  }
  if ('bearer' in props) {
    return props.bearer;
  }
  if ('app' in props) {
    return { secret: props.app.secret };
  }

  return 'apiKey' in props ? props.apiKey.value : props.oauth2.clientSecret;
}
