import { type IdlePart, idlePrice } from '../../core/platform/idle-price.ts';
import type { StackTemplate, TemplateResource } from './assembly.ts';

export interface IdleCosts {
  /** Dollars a month, by part. */
  readonly parts: Readonly<Partial<Record<IdlePart, number>>>;
  readonly total: number;
}

/** What the stacks cost a month while nothing happens, by list prices of us-east-1. */
export function idleCosts(templates: readonly StackTemplate[]): IdleCosts {
  const resources = templates.flatMap((template) => template.resources);
  const capacity = capacityOf(resources);
  const parts: Partial<Record<IdlePart, number>> = {};
  for (const { type, properties } of resources) {
    const price = idlePrice({ type, shards: shardsOf(type, properties, resources) }, capacity);
    if (price !== undefined) parts[price.part] = (parts[price.part] ?? 0) + price.dollars;
  }

  return { parts, total: Object.values(parts).reduce((sum, dollars) => sum + dollars, 0) };
}

/** What an idle instance keeps; nothing where it may pause. */
function capacityOf(resources: readonly TemplateResource[]): number {
  const cluster = resources.find(({ type }) => type === 'AWS::RDS::DBCluster');
  const scaling = cluster?.properties['ServerlessV2ScalingConfiguration'] as { MinCapacity?: number } | undefined;

  return Number(scaling?.MinCapacity ?? 0);
}

function shardsOf(
  type: string,
  properties: TemplateResource['properties'],
  resources: readonly TemplateResource[],
): number | undefined {
  if (type === 'AWS::Kinesis::StreamConsumer') {
    const { 'Fn::GetAtt': [id] = [undefined] } = (properties['StreamARN'] ?? {}) as { 'Fn::GetAtt'?: string[] };
    const stream = resources.find((resource) => resource.id === id);

    return stream === undefined ? undefined : shardsOf(stream.type, stream.properties, resources);
  }
  const shards = properties['ShardCount'];

  return shards === undefined ? undefined : Number(shards);
}
