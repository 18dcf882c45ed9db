import { resource } from '../template/resource.ts';

interface Properties {
  readonly ThingTypeName?: string;
  readonly DeprecateThingType?: boolean;
  readonly ThingTypeProperties?: {
    readonly ThingTypeDescription?: string;
    readonly SearchableAttributes?: readonly string[];
  };
}

export const iotThingType = resource<Properties>('AWS::IoT::ThingType', {
  async apply({ properties, name, engines }) {
    const typeName = properties.ThingTypeName ?? name(128);
    const { ThingTypeDescription: description, SearchableAttributes = [] } = properties.ThingTypeProperties ?? {};
    const { arn, id } = await engines.iot.apply({
      kind: 'thing-type',
      name: typeName,
      searchableAttributes: SearchableAttributes,
      deprecated: properties.DeprecateThingType ?? false,
      ...(description === undefined ? {} : { description }),
    });

    return { ref: typeName, attributes: { Arn: arn, Id: id } };
  },
  async remove({ previous, engines }) {
    if (previous !== undefined) await engines.iot.remove({ kind: 'thing-type', name: previous.ref });
  },
});
