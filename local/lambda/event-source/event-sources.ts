import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineHost } from '../../engines.ts';
import { AwsError } from '../../errors.ts';
import { startKafkaPoller } from '../../kafka/kafka-poller.ts';
import { checkKafkaMembers, type KafkaSource, secretsOf, withAccess } from '../../kafka/kafka-source.ts';
import { stateFile } from '../../state-file.ts';
import type { Functions } from '../functions.ts';
import {
  type Mapping,
  type MappingRequest,
  readSettings,
  readSource,
  readStart,
  sourceArn,
  usualSettings,
} from './mapping.ts';
import { checkpointFile, type MappingPoller, startMappingPoller } from './mapping-poller.ts';
import { connectActions, storedStream } from './stream-source.ts';

type MappingState = 'Creating' | 'Enabling' | 'Enabled' | 'Disabling' | 'Disabled' | 'Updating' | 'Deleting';

export interface MappingView extends Mapping {
  readonly state: MappingState;
  readonly lastProcessingResult: string;
}

export interface EventSources {
  create(request: MappingRequest): Promise<MappingView>;
  update(uuid: string, request: MappingRequest): Promise<MappingView>;
  remove(uuid: string): Promise<MappingView>;
  get(uuid: string): MappingView;
  list(filter: { readonly functionName?: string; readonly streamArn?: string }): readonly MappingView[];
  /** Resolves when the mapping is neither being updated nor stopped any more. */
  settled(uuid: string): Promise<void>;
  /** Begins to poll. */
  open(): void;
  stop(): Promise<void>;
}

interface Entry {
  mapping: Mapping;
  state: MappingState;
  lastProcessingResult: string;
  poller?: MappingPoller;
  change: Promise<void>;
}

/** What the role must be allowed on a consumer, where there is one. */
const FAN_OUT_ACTIONS = ['SubscribeToShard', 'DescribeStreamConsumer'];

/** Event source mappings: run-time objects that outlive the runtime, whoever made them. */
export function createEventSources(host: EngineHost, functions: Functions): EventSources {
  const file = stateFile<readonly Mapping[]>(join(host.state, 'lambda', 'event-source-mappings.json'), []);
  const entries = new Map<string, Entry>();
  const log = host.logs('lambda');
  let opened = false;
  let loaded = false;

  const load = () => {
    if (loaded) return;
    loaded = true;
    for (const mapping of file.read()) entries.set(mapping.uuid, entryOf(mapping));
  };
  const save = () => file.write([...entries.values()].map(({ mapping }) => mapping));
  const find = (uuid: string): Entry => {
    load();
    const entry = entries.get(uuid);
    if (entry === undefined) {
      throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', 404, {
        Type: 'User',
      });
    }
    return entry;
  };
  const startPoller = (entry: Entry) => {
    if (!opened || !entry.mapping.settings.enabled) return;
    const options = {
      host,
      functions,
      report: (result: string) => {
        entry.lastProcessingResult = result;
      },
    };
    const { mapping } = entry;
    entry.poller =
      mapping.kafka === undefined
        ? startMappingPoller(mapping, options)
        : startKafkaPoller(mapping, mapping.kafka, options);
  };
  /** Stops the poller, does the work, polls again; the state in between is what AWS shows meanwhile. */
  const change = (entry: Entry, state: MappingState, work: () => Promise<void>) => {
    entry.state = state;
    entry.change = (async () => {
      const { poller } = entry;
      delete entry.poller;
      await poller?.stop();
      await work();
    })().catch((error: unknown) => {
      entry.state = entry.mapping.settings.enabled ? 'Enabled' : 'Disabled';
      log.error('an event source mapping cannot be changed', { mapping: entry.mapping.uuid, reason: String(error) });
    });
  };
  const checkAccess = (
    { streamArn, consumerArn, kafka }: Pick<Mapping, 'streamArn' | 'consumerArn' | 'kafka'>,
    functionName: string,
  ) => {
    const { roleArn } = functions.get(functionName);
    if (kafka !== undefined) {
      for (const secret of secretsOf(kafka))
        host.engines.iam.authorize(roleArn, 'secretsmanager:GetSecretValue', secret);
      return;
    }
    try {
      for (const action of connectActions(streamArn)) host.engines.iam.authorize(roleArn, action, streamArn);
    } catch {
      refuse(
        `Cannot access stream ${streamArn}. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.`,
      );
    }
    if (consumerArn === undefined) return;
    try {
      for (const action of FAN_OUT_ACTIONS) host.engines.iam.authorize(roleArn, `kinesis:${action}`, consumerArn);
    } catch {
      refuse(
        `Cannot access stream consumer ${consumerArn}. Please ensure the role can perform the SubscribeToShard and DescribeStreamConsumer Actions on your stream consumer in IAM.`,
      );
    }
  };

  return {
    async create(request) {
      load();
      const { FunctionName: functionName = '' } = request;
      const uuid = randomUUID();
      const source = readSource(request, uuid);
      const functionArn = qualifiedArn(functions, functionName);
      checkKafkaMembers(request, source.kafka);
      const settings = readSettings(request, usualSettings(source.kafka));
      checkAccess(source, functionName);
      if (source.kafka === undefined) {
        await host.engines.stream
          .shards(storedStream(source.streamArn))
          .catch(() => refuse(`Stream not found: ${source.streamArn}`));
      } else checkGroup([...entries.values()], source.kafka);
      checkUnique([...entries.values()], functionArn, sourceArn(source));
      const mapping: Mapping = {
        uuid,
        functionArn,
        ...source,
        ...readStart(request),
        lastModified: Date.now(),
        settings,
      };
      const entry = entryOf(mapping);
      entries.set(mapping.uuid, entry);
      await save();
      startPoller(entry);

      return { ...viewOf(entry), state: 'Creating' };
    },
    async update(uuid, request) {
      const entry = find(uuid);
      checkFree(entry);
      const functionArn =
        request.FunctionName === undefined ? entry.mapping.functionArn : qualifiedArn(functions, request.FunctionName);
      checkKafkaMembers(request, entry.mapping.kafka);
      const settings = readSettings(request, entry.mapping.settings);
      checkAccess(entry.mapping, functionArn);
      const transition = transitionOf(entry.mapping.settings.enabled, settings.enabled);
      change(entry, transition, async () => {
        const kafka = entry.mapping.kafka && withAccess(entry.mapping.kafka, request);
        entry.mapping = { ...entry.mapping, ...(kafka && { kafka }), functionArn, settings, lastModified: Date.now() };
        await save();
        entry.state = settings.enabled ? 'Enabled' : 'Disabled';
        startPoller(entry);
      });

      return { ...viewOf(entry), functionArn, settings };
    },
    async remove(uuid) {
      const entry = find(uuid);
      checkFree(entry);
      change(entry, 'Deleting', async () => {
        entries.delete(uuid);
        await save();
        rmSync(checkpointFile(host.state, uuid), { force: true });
      });

      return viewOf(entry);
    },
    get: (uuid) => viewOf(find(uuid)),
    list({ functionName, streamArn }) {
      load();
      const functionArn = functionName === undefined ? undefined : qualifiedArn(functions, functionName);

      return [...entries.values()]
        .map(viewOf)
        .filter((one) => functionArn === undefined || one.functionArn === functionArn)
        .filter((one) => streamArn === undefined || sourceArn(one) === streamArn);
    },
    settled: async (uuid) => {
      await entries.get(uuid)?.change;
    },
    open() {
      load();
      opened = true;
      for (const entry of entries.values()) startPoller(entry);
    },
    async stop() {
      opened = false;
      await Promise.all([...entries.values()].map(({ poller, change }) => Promise.all([poller?.stop(), change])));
    },
  };
}

function entryOf(mapping: Mapping): Entry {
  return {
    mapping,
    state: mapping.settings.enabled ? 'Enabled' : 'Disabled',
    lastProcessingResult: 'No records processed',
    change: Promise.resolve(),
  };
}

function viewOf({ mapping, state, lastProcessingResult }: Entry): MappingView {
  return { ...mapping, state, lastProcessingResult };
}

function transitionOf(before: boolean, after: boolean): MappingState {
  if (before === after) return 'Updating';

  return after ? 'Enabling' : 'Disabling';
}

/** The function's ARN, with the qualifier the caller named. Throws ResourceNotFoundException. */
function qualifiedArn(functions: Functions, functionName: string): string {
  const { arn } = functions.get(functionName);

  return functionName.startsWith(`${arn}:`) ? functionName : arn;
}

function checkFree({ state }: Entry): void {
  if (state === 'Enabled' || state === 'Disabled') return;
  throw new AwsError('ResourceInUseException', 'Cannot update the event source mapping because it is in use.', 400, {
    Type: 'User',
  });
}

function checkUnique(entries: readonly Entry[], functionArn: string, source: string): void {
  const same = entries.find(({ mapping }) => mapping.functionArn === functionArn && sourceArn(mapping) === source);
  if (same === undefined) return;
  throw new AwsError(
    'ResourceConflictException',
    `An event source mapping with event source arn (" ${source} ") and function (" ${functionArn} ") already exists. Please update or delete the existing mapping with UUID ${same.mapping.uuid}`,
    409,
    { Type: 'User' },
  );
}

function checkGroup(entries: readonly Entry[], { group }: KafkaSource): void {
  if (entries.some(({ mapping }) => mapping.kafka?.group === group)) {
    refuse(`ConsumerGroupId: received ${group}; allowed: one that no other event source mapping has`);
  }
}

function refuse(message: string): never {
  throw new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
}
