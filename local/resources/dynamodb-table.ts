import { resource } from '../template/resource.ts';

interface Properties {
  readonly TableName?: string;
}

/** AWS::DynamoDB::Table → a table of the local engine. Backups and encryption have no local meaning. */
export const dynamodbTable = resource<Properties>('AWS::DynamoDB::Table', {
  async apply({ properties, engines, name }) {
    const table = await engines.dynamodb.apply({
      name: properties.TableName ?? name(255),
      properties: properties as Readonly<Record<string, unknown>>,
    });

    const stream = table.streamArn === undefined ? {} : { StreamArn: table.streamArn };

    return { ref: table.name, attributes: { Arn: table.arn, ...stream } };
  },

  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.dynamodb.remove(previous.ref);
  },
});
