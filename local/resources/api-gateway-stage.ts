import { TemplateError } from '../errors.ts';
import type { MethodThrottling } from '../gateway/gateway-part.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly RestApiId: string;
  readonly StageName?: string;
  readonly Variables?: Readonly<Record<string, string>>;
  readonly MethodSettings?: readonly MethodSetting[];
  readonly CacheClusterEnabled?: boolean;
  readonly CanarySetting?: unknown;
  readonly ClientCertificateId?: string;
}

interface MethodSetting {
  readonly ResourcePath?: string;
  readonly HttpMethod?: string;
  readonly ThrottlingRateLimit?: number;
  readonly ThrottlingBurstLimit?: number;
}

/** A stage shows the API as it is now, whichever deployment it names. */
export const apiGatewayStage = resource<Properties>('AWS::ApiGateway::Stage', {
  apply({ properties, engines }) {
    const { RestApiId: restApiId, StageName: name = 'default', Variables = {}, MethodSettings = [] } = properties;
    if (properties.CacheClusterEnabled === true) throw new TemplateError('CacheClusterEnabled is not run locally');
    if (properties.CanarySetting !== undefined) throw new TemplateError('CanarySetting is not run locally');
    if (properties.ClientCertificateId !== undefined) throw new TemplateError('ClientCertificateId is not run locally');
    engines.gateway.apply({
      kind: 'stage',
      restApiId,
      id: name,
      name,
      variables: Variables,
      throttling: MethodSettings.flatMap(readThrottling),
    });

    return { ref: name };
  },
  remove({ properties, previous, engines }) {
    if (previous === undefined) return;
    engines.gateway.remove({ kind: 'stage', restApiId: properties.RestApiId, id: previous.ref });
  },
});

/** In `ResourcePath` a `~1` is a slash: `/~1parking~1free`. */
function readThrottling(setting: MethodSetting): readonly MethodThrottling[] {
  const { ResourcePath = '/*', HttpMethod = '*', ThrottlingRateLimit, ThrottlingBurstLimit } = setting;
  if (ThrottlingRateLimit === undefined || ThrottlingBurstLimit === undefined) return [];
  const resourcePath = ResourcePath.includes('~1') ? ResourcePath.slice(1).replaceAll('~1', '/') : ResourcePath;

  return [{ resourcePath, httpMethod: HttpMethod, rateLimit: ThrottlingRateLimit, burstLimit: ThrottlingBurstLimit }];
}
