import { resource } from '../template/resource.ts';

interface PermissionProperties {
  readonly FunctionName: string;
  readonly Action: string;
  readonly Principal: string;
  readonly SourceArn?: string;
  readonly SourceAccount?: string;
}

/** AWS::Lambda::Permission → a statement of the function's resource policy. */
export const lambdaPermission = resource<PermissionProperties>('AWS::Lambda::Permission', {
  rebuilt: true,
  apply({ properties, engines, name }) {
    const id = name();
    const { SourceArn: sourceArn, SourceAccount: sourceAccount } = properties;
    engines.lambda.functions.putPermission(properties.FunctionName, id, {
      action: properties.Action,
      principal: properties.Principal,
      ...(sourceArn === undefined ? {} : { sourceArn }),
      ...(sourceAccount === undefined ? {} : { sourceAccount }),
    });

    return { ref: id, attributes: { Id: id } };
  },
  remove({ properties, previous, engines }) {
    if (previous !== undefined) engines.lambda.functions.removePermission(properties.FunctionName, previous.ref);
  },
});
