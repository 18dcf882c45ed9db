import { arn } from '../account.ts';
import { LocalError } from '../errors.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly DBInstanceIdentifier?: string;
  readonly DBClusterIdentifier?: string;
}

/** AWS::RDS::DBInstance of a cluster: all of them are the one local MariaDB. */
export const rdsDbInstance = resource<Properties>('AWS::RDS::DBInstance', {
  apply({ properties, engines, name }) {
    const { DBClusterIdentifier: identifier } = properties;
    const cluster = identifier === undefined ? undefined : engines.mysql.cluster(arn('rds', `cluster:${identifier}`));
    if (cluster === undefined) {
      throw new LocalError('only instances of a local AWS::RDS::DBCluster are run; DBClusterIdentifier names none');
    }
    const instance = (properties.DBInstanceIdentifier ?? name(63)).toLowerCase();

    return {
      ref: instance,
      attributes: {
        DBInstanceArn: arn('rds', `db:${instance}`),
        'Endpoint.Address': cluster.host,
        'Endpoint.Port': String(cluster.port),
      },
    };
  },
});
