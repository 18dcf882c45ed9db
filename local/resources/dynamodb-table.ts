import { resource } from '../template/resource.ts';

type Properties = Readonly<Record<string, unknown>> & { readonly TableName?: string };

/** AWS::DynamoDB::Table. Encryption, backups and deletion protection have no local meaning; expired items stay (as they may on AWS, for days). */
export const dynamodbTable = resource<Properties>('AWS::DynamoDB::Table', {
  async apply({ properties, engines, name }) {
    const table = await engines.dynamodb.apply({ name: properties.TableName ?? name(255), properties });

    return { ref: table.name, attributes: { Arn: table.arn } };
  },

  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.dynamodb.remove(previous.ref);
  },
});
