import { TemplateError } from '../errors.ts';
import { functionOf } from '../gateway/function-uri.ts';
import type { Method } from '../gateway/gateway-part.ts';
import { LIMITS } from '../gateway/limits.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly RestApiId: string;
  readonly ResourceId: string;
  readonly HttpMethod: string;
  readonly AuthorizationType?: string;
  readonly AuthorizerId?: string;
  readonly Integration?: IntegrationProperties;
  readonly [property: string]: unknown;
}

interface IntegrationProperties {
  readonly Type: string;
  readonly Uri?: string;
  readonly TimeoutInMillis?: number;
  readonly [property: string]: unknown;
}

/** What a proxy integration does not need and the gateway would have to do. */
const REFUSED = ['RequestValidatorId', 'AuthorizationScopes'];
const REFUSED_INTEGRATION = ['Credentials', 'CacheKeyParameters', 'RequestTemplates', 'ConnectionId'];
const AUTHORIZATIONS: readonly Method['authorization'][] = ['NONE', 'AWS_IAM', 'CUSTOM'];
/** 29 s unless the method says less. */
const TIMEOUT_MS = LIMITS.integrationMillis;

export const apiGatewayMethod = resource<Properties>('AWS::ApiGateway::Method', {
  apply({ stack, logicalId, properties, engines }) {
    const refused = REFUSED.find((property) => properties[property] !== undefined);
    if (refused !== undefined) throw new TemplateError(`${refused} of a method is not run locally`);
    if (properties['ApiKeyRequired'] === true) throw new TemplateError('ApiKeyRequired is not run locally');
    const id = `${stack}-${logicalId}`;
    const {
      RestApiId: restApiId,
      ResourceId: resourceId,
      HttpMethod: httpMethod,
      AuthorizerId: authorizerId,
    } = properties;
    engines.gateway.apply({
      kind: 'method',
      restApiId,
      id,
      resourceId,
      httpMethod,
      authorization: readAuthorization(properties.AuthorizationType ?? 'NONE'),
      ...readIntegration(properties.Integration),
      ...(authorizerId === undefined ? {} : { authorizerId }),
    });

    return { ref: id };
  },
  remove({ properties, previous, engines }) {
    if (previous === undefined) return;
    engines.gateway.remove({ kind: 'method', restApiId: properties.RestApiId, id: previous.ref });
  },
});

function readAuthorization(type: string): Method['authorization'] {
  const known = AUTHORIZATIONS.find((one) => one === type);
  if (known === undefined) throw new TemplateError(`AuthorizationType ${type} is not run locally`);

  return known;
}

function readIntegration(integration: IntegrationProperties | undefined): Pick<Method, 'functionArn' | 'timeoutMs'> {
  const {
    Type,
    Uri = '',
    TimeoutInMillis: timeoutMs = TIMEOUT_MS.maximum as number,
  } = integration ?? { Type: '(none)' };
  if (Type !== 'AWS_PROXY') throw new TemplateError(`integrations of type ${Type} are not run locally; AWS_PROXY is`);
  const refused = REFUSED_INTEGRATION.find((property) => integration?.[property] !== undefined);
  if (refused !== undefined) throw new TemplateError(`${refused} of an integration is not run locally`);
  if (integration?.['ResponseTransferMode'] === 'STREAM') {
    throw new TemplateError('ResponseTransferMode STREAM is not run locally');
  }
  if (timeoutMs < TIMEOUT_MS.minimum || timeoutMs > TIMEOUT_MS.maximum) {
    throw new TemplateError(
      `TimeoutInMillis ${timeoutMs} is not between ${TIMEOUT_MS.minimum} and ${TIMEOUT_MS.maximum}`,
    );
  }

  return { functionArn: functionOf(Uri), timeoutMs };
}
