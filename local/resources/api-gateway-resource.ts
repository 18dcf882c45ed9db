import { gatewayId } from '../gateway/gateway-id.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly RestApiId: string;
  readonly ParentId: string;
  readonly PathPart: string;
}

export const apiGatewayResource = resource<Properties>('AWS::ApiGateway::Resource', {
  apply({ stack, logicalId, properties, engines }) {
    const { RestApiId: restApiId, ParentId: parentId, PathPart: pathPart } = properties;
    const id = gatewayId(`${stack}/${logicalId}`, 6);
    engines.gateway.apply({ kind: 'resource', restApiId, id, parentId, pathPart });

    return { ref: id, attributes: { ResourceId: id } };
  },
  remove({ properties, previous, engines }) {
    if (previous === undefined) return;
    engines.gateway.remove({ kind: 'resource', restApiId: properties.RestApiId, id: previous.ref });
  },
});
