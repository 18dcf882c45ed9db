import { TemplateError } from '../errors.ts';
import { gatewayId } from '../gateway/gateway-id.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly Name?: string;
  readonly BinaryMediaTypes?: readonly string[];
  readonly [property: string]: unknown;
}

/** What would make the API another one than its resources say. */
const REFUSED = ['Body', 'BodyS3Location', 'CloneFrom', 'Policy', 'MinimumCompressionSize'];

export const apiGatewayRestApi = resource<Properties>('AWS::ApiGateway::RestApi', {
  apply({ stack, logicalId, properties, name, engines }) {
    const refused = REFUSED.find((property) => properties[property] !== undefined);
    if (refused !== undefined) throw new TemplateError(`${refused} of a RestApi is not run locally`);
    const id = gatewayId(`${stack}/${logicalId}`, 10);
    const rootResourceId = gatewayId(`${stack}/${logicalId}/`, 10);
    engines.gateway.apply({
      kind: 'rest-api',
      restApiId: id,
      id,
      name: properties.Name ?? name(255),
      rootResourceId,
      binaryMediaTypes: properties.BinaryMediaTypes ?? [],
    });

    return { ref: id, attributes: { RestApiId: id, RootResourceId: rootResourceId } };
  },
  remove({ previous, engines }) {
    if (previous !== undefined) {
      engines.gateway.remove({ kind: 'rest-api', restApiId: previous.ref, id: previous.ref });
    }
  },
});
