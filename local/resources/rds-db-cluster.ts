import { createHash } from 'node:crypto';
import { arn } from '../account.ts';
import type { Secret, SecretsEngine } from '../engines.ts';
import { LocalError } from '../errors.ts';
import { randomPassword } from '../secrets/random-password.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly DBClusterIdentifier?: string;
  readonly Engine: string;
  readonly DatabaseName?: string;
  readonly DBClusterParameterGroupName?: string;
  readonly EnableHttpEndpoint?: boolean;
  readonly MasterUsername?: string;
  readonly MasterUserPassword?: string;
  readonly ManageMasterUserPassword?: boolean;
}

/** AWS::RDS::DBCluster (Aurora MySQL) → a private MariaDB. */
export const rdsDbCluster = resource<Properties>('AWS::RDS::DBCluster', {
  async apply({ properties, engines, name }) {
    const identifier = (properties.DBClusterIdentifier ?? name(63)).toLowerCase();
    if (properties.Engine !== 'aurora-mysql') {
      throw new LocalError(`Engine ${properties.Engine} is not run locally; only aurora-mysql is`);
    }
    const { DatabaseName, DBClusterParameterGroupName: group, MasterUsername: masterUsername } = properties;
    if (masterUsername === undefined)
      throw new LocalError('MasterUsername is required: snapshots are not restored locally');
    const managed =
      properties.ManageMasterUserPassword === true
        ? await managedSecret(engines.secrets, identifier, masterUsername)
        : undefined;
    const cluster = await engines.mysql.applyCluster({
      identifier,
      ...(DatabaseName !== undefined && { database: DatabaseName }),
      masterUsername,
      masterPassword: managed === undefined ? requirePassword(properties) : passwordOf(managed),
      parameters: (group === undefined ? undefined : engines.mysql.parameterGroup(group)) ?? {},
      dataApiEnabled: properties.EnableHttpEndpoint === true,
    });

    return {
      ref: identifier,
      attributes: {
        DBClusterArn: cluster.arn,
        DBClusterResourceId: `cluster-${digest(cluster.arn).slice(0, 26).toUpperCase()}`,
        'Endpoint.Address': cluster.host,
        'Endpoint.Port': String(cluster.port),
        'ReadEndpoint.Address': cluster.host,
        ...(managed !== undefined && { 'MasterUserSecret.SecretArn': managed.arn }),
      },
    };
  },

  async remove({ previous, engines }) {
    if (previous === undefined) return;
    await engines.mysql.removeCluster(previous.ref);
    await engines.secrets.remove(secretName(previous.ref));
  },
});

/** RDS makes it, names it and rotates it; here it stays. Without what ends a literal, as RDS leaves that out too. */
async function managedSecret(secrets: SecretsEngine, identifier: string, username: string): Promise<Secret> {
  const existing = secrets.find(secretName(identifier));
  const password =
    existing === undefined
      ? randomPassword({ PasswordLength: 28, ExcludeCharacters: '/@"\'\\ ' })
      : passwordOf(existing);

  return secrets.put(secretName(identifier), JSON.stringify({ username, password }), {
    description: `Secret associated with primary RDS DB cluster: ${arn('rds', `cluster:${identifier}`)}`,
  });
}

/** `rds!cluster-<uuid>` on AWS; the same on every start here. */
function secretName(identifier: string): string {
  const hex = digest(identifier);

  return `rds!cluster-${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function passwordOf({ secretString }: Secret): string {
  return (JSON.parse(secretString) as { password: string }).password;
}

function requirePassword({ MasterUserPassword }: Properties): string {
  if (MasterUserPassword !== undefined) return MasterUserPassword;

  throw new LocalError('MasterUserPassword or ManageMasterUserPassword is required');
}
