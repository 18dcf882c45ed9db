import { TemplateError } from '../errors.ts';
import { resource } from '../template/resource.ts';

interface RoleProperties {
  readonly RoleName?: string;
  readonly AssumeRolePolicyDocument: unknown;
  readonly Policies?: readonly { readonly PolicyName: string; readonly PolicyDocument: unknown }[];
  readonly ManagedPolicyArns?: readonly string[];
  readonly PermissionsBoundary?: string;
}

/** AWS::IAM::Role → a role whose policies are evaluated at every call made with it. */
export const iamRole = resource<RoleProperties>('AWS::IAM::Role', {
  rebuilt: true,
  apply({ properties, engines, name }) {
    if (properties.PermissionsBoundary !== undefined) {
      throw new TemplateError('PermissionsBoundary is not evaluated locally');
    }
    const role = properties.RoleName ?? name();
    const { arn, id } = engines.iam.putRole({
      name: role,
      trust: properties.AssumeRolePolicyDocument,
      inline: (properties.Policies ?? []).map((one) => ({ name: one.PolicyName, document: one.PolicyDocument })),
      managedPolicyArns: properties.ManagedPolicyArns ?? [],
    });

    return { ref: role, attributes: { Arn: arn, RoleId: id } };
  },
  remove({ previous, engines }) {
    if (previous !== undefined) engines.iam.removeRole(previous.ref);
  },
});
