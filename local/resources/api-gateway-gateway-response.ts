import { TemplateError } from '../errors.ts';
import { gatewayId } from '../gateway/gateway-id.ts';
import { checkResponse } from '../gateway/gateway-response.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly RestApiId: string;
  readonly ResponseType: string;
  readonly StatusCode?: string;
  readonly ResponseParameters?: Readonly<Record<string, string>>;
  readonly ResponseTemplates?: Readonly<Record<string, string>>;
}

const HEADER = /^gatewayresponse\.header\.(.+)$/;

export const apiGatewayGatewayResponse = resource<Properties>('AWS::ApiGateway::GatewayResponse', {
  apply({ stack, logicalId, properties, engines }) {
    const {
      RestApiId: restApiId,
      ResponseType: responseType,
      StatusCode,
      ResponseTemplates: templates = {},
    } = properties;
    const headers = readHeaders(properties.ResponseParameters ?? {});
    checkResponse(headers, templates);
    const id = gatewayId(`${stack}/${logicalId}`, 10);
    engines.gateway.apply({
      kind: 'response',
      restApiId,
      id,
      responseType,
      headers,
      templates,
      ...(StatusCode === undefined ? {} : { statusCode: Number(StatusCode) }),
    });

    return { ref: id, attributes: { Id: id } };
  },
  remove({ properties, previous, engines }) {
    if (previous === undefined) return;
    engines.gateway.remove({ kind: 'response', restApiId: properties.RestApiId, id: previous.ref });
  },
});

function readHeaders(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const headers = Object.entries(parameters).map(([parameter, value]) => {
    const [, name] = HEADER.exec(parameter) ?? [];
    if (name === undefined)
      throw new TemplateError(`ResponseParameters: ${parameter} is no gatewayresponse.header.<name>`);

    return [name, value] as const;
  });

  return Object.fromEntries(headers);
}
