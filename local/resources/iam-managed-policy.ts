import { globalArn } from '../account.ts';
import { resource } from '../template/resource.ts';

interface ManagedPolicyProperties {
  readonly ManagedPolicyName?: string;
  readonly PolicyDocument: unknown;
  readonly Roles?: readonly string[];
}

/** AWS::IAM::ManagedPolicy → a policy that roles take by ARN, or that names the roles it belongs to. */
export const iamManagedPolicy = resource<ManagedPolicyProperties>('AWS::IAM::ManagedPolicy', {
  rebuilt: true,
  apply({ properties, engines, name }) {
    const ref = globalArn('iam', `policy/${properties.ManagedPolicyName ?? name()}`);
    engines.iam.putPolicy(ref, (properties.Roles ?? []).map(roleName), properties.PolicyDocument);

    return { ref, attributes: { PolicyArn: ref } };
  },
  remove({ previous, engines }) {
    if (previous !== undefined) engines.iam.removePolicy(previous.ref);
  },
});

/** A role that another stack imported by ARN may stand here with its path. */
function roleName(role: string): string {
  return role.split('/').at(-1) as string;
}
