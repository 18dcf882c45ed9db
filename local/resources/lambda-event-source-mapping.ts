import { arn } from '../account.ts';
import { AwsError } from '../errors.ts';
import type { MappingRequest } from '../lambda/event-source/mapping.ts';
import { resource } from '../template/resource.ts';

/** The resource's properties are the API's members; numbers and switches may come as text. */
type MappingProperties = Readonly<Record<string, unknown>>;

/** Another stream or another start is another mapping. */
const REPLACING = ['EventSourceArn', 'StartingPosition', 'StartingPositionTimestamp'];
const NUMBERS = [
  'BatchSize',
  'MaximumBatchingWindowInSeconds',
  'ParallelizationFactor',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'StartingPositionTimestamp',
];
const SWITCHES = ['Enabled', 'BisectBatchOnFunctionError'];

/** AWS::Lambda::EventSourceMapping → a poller per shard, as the Lambda API would make it. */
export const lambdaEventSourceMapping = resource<MappingProperties>('AWS::Lambda::EventSourceMapping', {
  async apply({ properties, previous, engines }) {
    const { eventSources } = engines.lambda;
    const request = typed(properties);
    const kept = previous !== undefined && !REPLACING.some((name) => differs(name, properties, previous.properties));
    if (!kept) return applied((await eventSources.create(request)).uuid);
    if (
      Object.keys({ ...properties, ...previous.properties }).some((name) =>
        differs(name, properties, previous.properties),
      )
    ) {
      await eventSources.update(previous.ref, typed({ ...BACK_TO_DEFAULTS, ...withoutReplacing(properties) }));
      await eventSources.settled(previous.ref);
    }
    return applied(eventSources.get(previous.ref).uuid);
  },
  async remove({ previous, engines }) {
    if (previous === undefined) return;
    try {
      await engines.lambda.eventSources.remove(previous.ref);
      await engines.lambda.eventSources.settled(previous.ref);
    } catch (error) {
      if (!(error instanceof AwsError && error.code === 'ResourceNotFoundException')) throw error;
    }
  },
});

/** A property that left the template goes back to its default, as with CloudFormation. */
const BACK_TO_DEFAULTS = {
  Enabled: true,
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  ParallelizationFactor: 1,
  BisectBatchOnFunctionError: false,
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  FunctionResponseTypes: [],
  DestinationConfig: {},
};

function applied(uuid: string) {
  return {
    ref: uuid,
    attributes: { Id: uuid, EventSourceMappingArn: arn('lambda', `event-source-mapping:${uuid}`) },
  };
}

function differs(name: string, left: MappingProperties, right: MappingProperties): boolean {
  return JSON.stringify(left[name]) !== JSON.stringify(right[name]);
}

function withoutReplacing(properties: MappingProperties): MappingProperties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !REPLACING.includes(name)));
}

function typed(properties: MappingProperties): MappingRequest {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => {
      if (NUMBERS.includes(name)) return [name, Number(value)];
      if (SWITCHES.includes(name)) return [name, String(value) === 'true'];

      return [name, value];
    }),
  );
}
