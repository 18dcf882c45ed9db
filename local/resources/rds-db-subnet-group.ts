import { arn } from '../account.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly DBSubnetGroupName?: string;
}

/** AWS::RDS::DBSubnetGroup: networks have no local meaning, its name has. */
export const rdsDbSubnetGroup = resource<Properties>('AWS::RDS::DBSubnetGroup', {
  apply({ properties, name }) {
    const group = (properties.DBSubnetGroupName ?? name(255)).toLowerCase();

    return { ref: group, attributes: { DBSubnetGroupArn: arn('rds', `subgrp:${group}`) } };
  },
});
