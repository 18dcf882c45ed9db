import { resource } from '../template/resource.ts';

interface Properties {
  readonly DBClusterParameterGroupName?: string;
  readonly Parameters?: Readonly<Record<string, string | number | boolean>>;
}

/** AWS::RDS::DBClusterParameterGroup: what the local MariaDB is started with. */
export const rdsDbClusterParameterGroup = resource<Properties>('AWS::RDS::DBClusterParameterGroup', {
  apply({ properties, engines, name }) {
    const group = (properties.DBClusterParameterGroupName ?? name(255)).toLowerCase();
    const parameters = Object.entries(properties.Parameters ?? {}).map(([key, value]) => [key, String(value)]);
    engines.mysql.applyParameterGroup(group, Object.fromEntries(parameters));

    return { ref: group };
  },
});
