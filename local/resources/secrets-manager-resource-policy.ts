import { LocalError } from '../errors.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly SecretId: string;
}

/**
 * AWS::SecretsManager::ResourcePolicy. Within one account the roles' own policies decide, and those are evaluated;
 * what a resource policy adds is other accounts, which do not exist here.
 */
export const secretsManagerResourcePolicy = resource<Properties>('AWS::SecretsManager::ResourcePolicy', {
  apply({ properties, engines }) {
    const secret = engines.secrets.find(properties.SecretId);
    if (secret === undefined) throw new LocalError(`there is no secret ${properties.SecretId}`);

    return { ref: secret.arn, attributes: { Id: secret.arn } };
  },
});
