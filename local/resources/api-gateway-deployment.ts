import { TemplateError } from '../errors.ts';
import { gatewayId } from '../gateway/gateway-id.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly RestApiId: string;
  readonly StageName?: string;
}

/** Locally nothing is deployed: what the template says counts at once, on every stage. */
export const apiGatewayDeployment = resource<Properties>('AWS::ApiGateway::Deployment', {
  apply({ stack, logicalId, properties }) {
    if (properties.StageName !== undefined) {
      throw new TemplateError('StageName of a deployment is not run locally: declare an AWS::ApiGateway::Stage');
    }
    const id = gatewayId(`${stack}/${logicalId}`, 6);

    return { ref: id, attributes: { DeploymentId: id } };
  },
});
