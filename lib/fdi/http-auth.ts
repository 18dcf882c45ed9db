import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { checkHttpAuth, type HttpAuth } from '../../core/fdi/run-http-auth.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { invalid, type Place } from '../platform/setting.ts';

/** A secret's text, or one field of it where it is JSON. */
export interface SecretText {
  readonly secret: Pick<ISecret, 'secretArn'>;
  /** @default - the whole text */
  readonly key?: string;
}

/** How a server of HTTP is told who asks: one of these. What is secret is in Secrets Manager and nowhere else. */
export type HttpAuthProps =
  | { readonly basic: { readonly user: string; readonly password: SecretText } }
  | { readonly bearer: SecretText }
  /** In a header (`header: 'X-Api-Key'`) or in the query (`query: 'key'`). */
  | { readonly apiKey: { readonly value: SecretText } & ({ readonly header: string } | { readonly query: string }) }
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

  return 'apiKey' in props ? props.apiKey.value : props.oauth2.clientSecret;
}
