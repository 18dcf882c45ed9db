import { TemplateError } from '../errors.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly DomainConfigurationName?: string;
  readonly DomainName?: string;
  readonly DomainConfigurationStatus?: 'ENABLED' | 'DISABLED';
  readonly AuthenticationType?: string;
  readonly ApplicationProtocol?: string;
  readonly ServiceType?: string;
  readonly AuthorizerConfig?: {
    readonly DefaultAuthorizerName?: string;
    readonly AllowAuthorizerOverride?: boolean;
  };
}

/** What the local broker speaks: MQTT with a password or a certificate, judged by the default authorizer. */
const RUN = {
  AuthenticationType: ['CUSTOM_AUTH', 'CUSTOM_AUTH_X509'],
  ApplicationProtocol: ['SECURE_MQTT'],
  ServiceType: ['DATA'],
} as const;

export const iotDomainConfiguration = resource<Properties>('AWS::IoT::DomainConfiguration', {
  async apply({ properties, name, engines }) {
    for (const [property, allowed] of Object.entries(RUN)) {
      const value = properties[property as keyof typeof RUN];
      if (value !== undefined && !(allowed as readonly string[]).includes(value)) {
        throw new TemplateError(`${property} ${value} is not run locally; ${allowed.join(', ')} is`);
      }
    }
    const { DefaultAuthorizerName, AllowAuthorizerOverride = false } = properties.AuthorizerConfig ?? {};
    if (AllowAuthorizerOverride) {
      throw new TemplateError('AllowAuthorizerOverride is not run locally: connections take the default authorizer');
    }
    const configurationName = properties.DomainConfigurationName ?? name(128);
    const { DomainName: domainName } = properties;
    const { arn } = await engines.iot.apply({
      kind: 'domain-configuration',
      name: configurationName,
      allowAuthorizerOverride: AllowAuthorizerOverride,
      ...(properties.AuthenticationType === 'CUSTOM_AUTH_X509' ? { certificates: true } : {}),
      enabled: (properties.DomainConfigurationStatus ?? 'ENABLED') === 'ENABLED',
      ...(domainName === undefined ? {} : { domainName }),
      ...(DefaultAuthorizerName === undefined ? {} : { defaultAuthorizerName: DefaultAuthorizerName }),
    });

    return {
      ref: configurationName,
      attributes: {
        Arn: arn,
        DomainType: domainName === undefined ? 'AWS_MANAGED' : 'CUSTOMER_MANAGED',
        ServerCertificates: [],
      },
    };
  },
  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.iot.remove({ kind: 'domain-configuration', name: previous.ref });
  },
});
