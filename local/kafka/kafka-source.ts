import { AwsError } from '../errors.ts';

export interface SourceAccess {
  readonly Type?: string;
  readonly URI?: string;
}

/** What a mapping of a Kafka topic is made with; none of it changes but the access. */
export interface KafkaSource {
  readonly topic: string;
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly group: string;
  readonly access: readonly SourceAccess[];
  /** Only provisioned pollers take answers for a part of a batch, halve it, and know limits of retries. */
  readonly provisioned: boolean;
}

/** The members of the API's requests that are of Kafka. */
export interface KafkaRequest {
  readonly SelfManagedEventSource?: { readonly Endpoints?: { readonly KAFKA_BOOTSTRAP_SERVERS?: readonly string[] } };
  readonly SelfManagedKafkaEventSourceConfig?: { readonly ConsumerGroupId?: string };
  readonly Topics?: readonly string[];
  readonly SourceAccessConfigurations?: readonly SourceAccess[];
  readonly ProvisionedPollerConfig?: { readonly MinimumPollers?: number; readonly MaximumPollers?: number };
}

export const KAFKA_MEMBERS: readonly string[] = [
  'SelfManagedEventSource',
  'SelfManagedKafkaEventSourceConfig',
  'Topics',
  'SourceAccessConfigurations',
  'ProvisionedPollerConfig',
];
/** Of Kinesis only. */
const FOREIGN = ['ParallelizationFactor'];
/** Ref: lambda/latest/dg/kafka-retry-configurations */
const OF_PROVISIONED = [
  'FunctionResponseTypes',
  'BisectBatchOnFunctionError',
  'MaximumRetryAttempts',
  'MaximumRecordAgeInSeconds',
];
const SECRETS = [
  'BASIC_AUTH',
  'SASL_SCRAM_256_AUTH',
  'SASL_SCRAM_512_AUTH',
  'CLIENT_CERTIFICATE_TLS_AUTH',
  'SERVER_ROOT_CA_CERTIFICATE',
];
const NETWORK = ['VPC_SUBNET', 'VPC_SECURITY_GROUP'];
const GROUP = /^[a-zA-Z0-9-/*:_+=.@]{1,200}$/;
const TOPIC = /^[\w.-]{1,249}$/;

/**
 * The Kafka topic of a request, if it is of one. Throws InvalidParameterValueException.
 *
 * @param usualGroup of a mapping that names none: AWS takes its id
 */
export function readKafkaSource(
  request: KafkaRequest & { readonly EventSourceArn?: string },
  usualGroup: string,
): KafkaSource | undefined {
  if (request.EventSourceArn?.startsWith('arn:aws:kafka:')) {
    refuse(
      `EventSourceArn: received ${request.EventSourceArn}; the local platform has no MSK: name brokers in SelfManagedEventSource`,
    );
  }
  const brokers = request.SelfManagedEventSource?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS;
  if (brokers === undefined) return undefined;
  const [topic = '', ...others] = request.Topics ?? [];
  if (brokers.length === 0 || brokers.length > 10) {
    refuse(`KAFKA_BOOTSTRAP_SERVERS: received ${brokers.length} brokers; allowed: 1 to 10`);
  }
  if (!TOPIC.test(topic) || others.length > 0) refuse(`Topics: received ${request.Topics}; allowed: one topic`);
  const group = request.SelfManagedKafkaEventSourceConfig?.ConsumerGroupId ?? usualGroup;
  if (!GROUP.test(group)) refuse(`ConsumerGroupId: received ${group}; allowed: ${GROUP.source}`);

  return {
    topic,
    brokers,
    group,
    access: readAccess(request.SourceAccessConfigurations ?? []),
    provisioned: request.ProvisionedPollerConfig !== undefined,
  };
}

/** Refuses what Lambda does not take together. */
export function checkKafkaMembers(request: object, kafka: KafkaSource | undefined): void {
  const given = Object.keys(request);
  if (kafka === undefined) {
    const stranger = given.find((member) => KAFKA_MEMBERS.includes(member));
    if (stranger !== undefined) refuse(`${stranger} is of Kafka event sources only.`);

    return;
  }
  const stranger = given.find((member) => FOREIGN.includes(member));
  if (stranger !== undefined) refuse(`${stranger} is not supported for Kafka event sources.`);
  const limit = given.find((member) => OF_PROVISIONED.includes(member));
  if (limit !== undefined && !kafka.provisioned) {
    refuse(`${limit} is supported for Kafka event sources in provisioned mode only: give ProvisionedPollerConfig.`);
  }
}

/** The ARNs of the secrets that a mapping reads with its function's role. */
export function secretsOf({ access }: Pick<KafkaSource, 'access'>): readonly string[] {
  return access.filter(({ Type = '' }) => SECRETS.includes(Type)).map(({ URI = '' }) => URI);
}

/** The source after an update: how it is reached is all that may change. */
export function withAccess(source: KafkaSource, { SourceAccessConfigurations }: KafkaRequest): KafkaSource {
  return SourceAccessConfigurations === undefined
    ? source
    : { ...source, access: readAccess(SourceAccessConfigurations) };
}

function readAccess(access: readonly SourceAccess[]): readonly SourceAccess[] {
  const unknown = access.find(({ Type = '' }) => ![...SECRETS, ...NETWORK].includes(Type));
  if (unknown !== undefined) {
    refuse(
      `SourceAccessConfigurations: received ${unknown.Type}; served locally: ${[...SECRETS, ...NETWORK].join(', ')}`,
    );
  }

  return access;
}

function refuse(message: string): never {
  throw new AwsError('InvalidParameterValueException', message, 400, { Type: 'User' });
}
