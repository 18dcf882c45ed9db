import { resource } from '../template/resource.ts';

interface PolicyProperties {
  readonly PolicyName: string;
  readonly PolicyDocument: unknown;
  readonly Roles?: readonly string[];
}

/** AWS::IAM::Policy → an inline policy of the roles it names. */
export const iamPolicy = resource<PolicyProperties>('AWS::IAM::Policy', {
  rebuilt: true,
  apply({ properties, engines, name }) {
    const ref = name();
    engines.iam.putPolicy(ref, properties.Roles ?? [], properties.PolicyDocument);

    return { ref, attributes: { Id: ref } };
  },
  remove({ previous, engines }) {
    if (previous !== undefined) engines.iam.removePolicy(previous.ref);
  },
});
