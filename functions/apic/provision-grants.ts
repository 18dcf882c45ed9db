import {
  type DeclaredGrants,
  type ProvisionGrantsPorts,
  provisionGrants,
  removeGrants,
} from '../../core/apic/provision-grants.ts';
import { addGrant, removeGrant } from '../shared/app-items.ts';
import { type CustomResourceHandler, customResource } from '../shared/custom-resource.ts';

export interface GrantsProperties {
  readonly Group: string;
  readonly Api: string;
  readonly Stage: string;
  readonly Apps?: readonly string[];
}

/** The apps a stack lets call one of its APIs. */
export const handler = grantsResource({ addGrant, removeGrant });

/** The physical id names API and stage: when these change, CloudFormation removes the grants on the old ones. */
export function grantsResource(ports: ProvisionGrantsPorts): CustomResourceHandler {
  return customResource<GrantsProperties>({
    async create({ properties }) {
      await provisionGrants(ports, declaredBy(properties));

      return { physicalId: idOf(properties) };
    },
    async update({ properties, oldProperties }) {
      const same = idOf(properties) === idOf(oldProperties);
      await provisionGrants(ports, declaredBy(properties), same ? declaredBy(oldProperties) : undefined);

      return { physicalId: idOf(properties) };
    },
    async delete({ properties }) {
      await removeGrants(ports, declaredBy(properties));
    },
  });
}

function declaredBy({ Group, Api, Stage, Apps = [] }: GrantsProperties): DeclaredGrants {
  return { group: Group, api: Api, stage: Stage, apps: Apps };
}

function idOf({ Group, Api, Stage }: GrantsProperties): string {
  return `${Group}/${Api}/${Stage}`;
}
