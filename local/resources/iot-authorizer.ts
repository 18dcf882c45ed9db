import { TemplateError } from '../errors.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly AuthorizerName?: string;
  readonly AuthorizerFunctionArn: string;
  readonly SigningDisabled?: boolean;
  readonly Status?: 'ACTIVE' | 'INACTIVE';
}

export const iotAuthorizer = resource<Properties>('AWS::IoT::Authorizer', {
  async apply({ properties, name, engines }) {
    if (properties.SigningDisabled !== true) {
      throw new TemplateError('an authorizer that checks token signatures is not run locally: set SigningDisabled');
    }
    const authorizerName = properties.AuthorizerName ?? name(128);
    const { arn } = await engines.iot.apply({
      kind: 'authorizer',
      name: authorizerName,
      functionArn: properties.AuthorizerFunctionArn,
      active: (properties.Status ?? 'ACTIVE') === 'ACTIVE',
    });

    return { ref: authorizerName, attributes: { Arn: arn } };
  },
  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.iot.remove({ kind: 'authorizer', name: previous.ref });
  },
});
