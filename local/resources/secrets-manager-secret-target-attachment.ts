import { arn } from '../account.ts';
import { LocalError } from '../errors.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly SecretId: string;
  readonly TargetId: string;
  readonly TargetType: string;
}

/** AWS::SecretsManager::SecretTargetAttachment: the secret learns where its database is. */
export const secretsManagerSecretTargetAttachment = resource<Properties>(
  'AWS::SecretsManager::SecretTargetAttachment',
  {
    async apply({ properties, engines }) {
      const { SecretId, TargetId, TargetType } = properties;
      const secret = engines.secrets.find(SecretId);
      const cluster = engines.mysql.cluster(arn('rds', `cluster:${TargetId}`));
      if (secret === undefined) throw new LocalError(`there is no secret ${SecretId}`);
      if (TargetType !== 'AWS::RDS::DBCluster' || cluster === undefined) {
        throw new LocalError(`only a local AWS::RDS::DBCluster can be a target; received ${TargetType} ${TargetId}`);
      }
      const value = {
        ...(JSON.parse(secret.secretString) as Record<string, unknown>),
        engine: 'mysql',
        host: cluster.host,
        port: cluster.port,
        ...(cluster.database !== '' && { dbname: cluster.database }),
        dbClusterIdentifier: TargetId,
      };
      await engines.secrets.put(secret.name, JSON.stringify(value));

      return { ref: secret.arn, attributes: { Id: secret.arn } };
    },
  },
);
