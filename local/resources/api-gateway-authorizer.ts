import { TemplateError } from '../errors.ts';
import { CONTEXT } from '../gateway/authorizer.ts';
import { functionOf } from '../gateway/function-uri.ts';
import { gatewayId } from '../gateway/gateway-id.ts';
import type { IdentitySource } from '../gateway/gateway-part.ts';
import { LIMITS } from '../gateway/limits.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly RestApiId: string;
  readonly Name: string;
  readonly Type: string;
  readonly AuthorizerUri?: string;
  readonly AuthorizerCredentials?: string;
  readonly AuthorizerResultTtlInSeconds?: number;
  readonly IdentitySource?: string;
}

const DEFAULT_TTL_SECONDS = 300;

export const apiGatewayAuthorizer = resource<Properties>('AWS::ApiGateway::Authorizer', {
  apply({ stack, logicalId, properties, engines }) {
    const { RestApiId: restApiId, Name, Type, AuthorizerUri = '', AuthorizerCredentials } = properties;
    if (Type !== 'REQUEST') throw new TemplateError(`authorizers of type ${Type} are not run locally; REQUEST is`);
    if (AuthorizerCredentials !== undefined) throw new TemplateError('AuthorizerCredentials are not run locally');
    const ttlSeconds = properties.AuthorizerResultTtlInSeconds ?? DEFAULT_TTL_SECONDS;
    const identitySources = readIdentitySources(properties.IdentitySource ?? '');
    if (ttlSeconds < 0 || ttlSeconds > LIMITS.authorizerTtlSeconds.maximum) {
      throw new TemplateError(
        `AuthorizerResultTtlInSeconds ${ttlSeconds} is not between 0 and ${LIMITS.authorizerTtlSeconds.maximum}`,
      );
    }
    if (ttlSeconds > 0 && identitySources.length === 0) {
      throw new TemplateError('an authorizer whose answers are cached needs an IdentitySource');
    }
    const id = gatewayId(`${stack}/${logicalId}`, 6);
    const functionArn = functionOf(AuthorizerUri);
    engines.gateway.apply({ kind: 'authorizer', restApiId, id, name: Name, functionArn, identitySources, ttlSeconds });

    return { ref: id, attributes: { AuthorizerId: id } };
  },
  remove({ properties, previous, engines }) {
    if (previous === undefined) return;
    engines.gateway.remove({ kind: 'authorizer', restApiId: properties.RestApiId, id: previous.ref });
  },
});

/** `method.request.header.X-Auth, method.request.querystring.q, context.httpMethod, stageVariables.name` */
function readIdentitySources(list: string): readonly IdentitySource[] {
  return list
    .split(',')
    .map((source) => source.trim())
    .filter((source) => source !== '')
    .map((source) => {
      const [, from, name] =
        /^(?:method\.request\.(?=header|querystring))?(header|querystring|context|stageVariables)\.(.+)$/.exec(
          source,
        ) ?? [];
      const known = from !== undefined && name !== undefined && (from !== 'context' || Object.hasOwn(CONTEXT, name));
      if (!known) throw new TemplateError(`the identity source ${source} is not run locally`);

      return { from: from as IdentitySource['from'], name };
    });
}
