import type { Buffer } from 'node:buffer';
import type { AwsService, Principal } from './aws/service.ts';
import type { GatewayPart } from './gateway/gateway-part.ts';
import type { IamEngine } from './iam/iam-engine.ts';
import type { KeyHolder } from './iam/sessions.ts';
import type { IotPart, LogLevel } from './iot/iot-part.ts';
import type { EventSources } from './lambda/event-source/event-sources.ts';
import type { Functions } from './lambda/functions.ts';
import type { Logs } from './log.ts';
import type { AlarmDefinition } from './metrics/alarms.ts';
import type { Metric } from './metrics/metric.ts';
import type { TopicRule } from './rules/topic-rule.ts';
import type { Schedule } from './scheduler/schedule.ts';
import type { ArrivalMinutes } from './stream/arrivals.ts';

/** Default ports: 1883, 8883, 8080, 8081, 3307, 8082. All bound to 127.0.0.1. */
export interface Ports {
  readonly mqtt: number;
  readonly mqtts: number;
  readonly apis: number;
  readonly management: number;
  readonly mysql: number;
  readonly aws: number;
}

/**
 * What an engine is made with: `createStreamEngine(host)`. `engines` may be read from `start` on, not while creating:
 * engines know one another and are made one after the other.
 */
export interface EngineHost {
  /** The state folder, absolute. An engine keeps its files in `<state>/<engine>/`. */
  readonly state: string;
  readonly ports: Ports;
  readonly logs: Logs;
  readonly engines: Engines;
  /** For a person to see while things start: `installing MariaDB`. */
  progress(message: string): void;
}

export interface Engine {
  /** The AWS APIs it serves behind the AWS endpoint. */
  readonly services?: readonly AwsService[];
  /** Before the template is applied: loads its state from disk, starts its processes. */
  start(): Promise<void>;
  /** After the template is applied: fronts begin to listen, pollers to poll. Nobody meets a half-built platform. */
  open?(): Promise<void>;
  /** Ends every timer, socket and child; also after a failed or missing start. Fronts are stopped first. */
  stop(): Promise<void>;
}

export interface Engines {
  readonly iam: IamEngine;
  readonly metrics: MetricsEngine;
  readonly aws: AwsEndpoint;
  readonly stream: StreamEngine;
  readonly mysql: MysqlEngine;
  readonly dataApi: Engine;
  readonly dynamodb: DynamodbEngine;
  readonly secrets: SecretsEngine;
  readonly iot: IotRegistry;
  readonly mqtt: MqttEngine;
  readonly rules: RuleEngine;
  readonly gateway: GatewayEngine;
  readonly lambda: LambdaEngine;
  readonly logGroups: LogGroups;
  readonly scheduler: SchedulerEngine;
  readonly store: ObjectStore;
}

// ---- IAM

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Of a session, which is temporary. */
export interface Credentials extends AccessKey {
  readonly sessionToken: string;
}

export interface Iam extends Engine {
  /**
   * Throws `AwsError` AccessDeniedException in AWS's words.
   * @param principal a caller found by the AWS endpoint, or a role ARN when an AWS service acts with that role
   */
  authorize(
    principal: Principal | string,
    action: string,
    resource: string,
    conditionKeys?: Readonly<Record<string, string>>,
  ): void;
  /** A service takes a role: throws `AwsError` AccessDenied when the role's trust policy does not name the service. */
  assume(roleArn: string, service: string, conditionKeys?: Readonly<Record<string, string>>): Principal;
  /** New credentials of a session of the role; valid until `stop`. */
  credentials(roleArn: string, sessionName: string): Credentials;
  /**
   * Whose key it is, or undefined when key and session token do not belong together. Without a token only the signature
   * proves anything. Throws `AwsError` ExpiredTokenException.
   */
  holder(accessKeyId: string, sessionToken: string): KeyHolder | undefined;
  /** The key of the person at this machine, who may do everything, as an administrator of an account may. */
  readonly administrator: AccessKey;
}

// ---- CloudWatch

export interface MetricsEngine extends Engine {
  /** Adds a value to a metric. @param at milliseconds since the epoch; now, if it is not given */
  record(metric: Metric, value: number, at?: number): void;
  /** A line of a function's log: what it holds in the embedded metric format is recorded. */
  readLine(line: string): void;
  applyAlarm(definition: AlarmDefinition): { readonly name: string; readonly arn: string };
  removeAlarm(name: string): Promise<void>;
}

// ---- AWS endpoint

export interface AwsEndpoint extends Engine {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** A one-time address for CloudFormation's answer: a PUT to `url` resolves `answer`. */
  expectAnswer(): { readonly url: string; readonly answer: Promise<unknown>; cancel(): void };
}

// ---- Kinesis

export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  /** Milliseconds since the epoch. */
  readonly approximateArrivalTimestamp: number;
}

export interface StreamShard {
  readonly shardId: string;
  readonly parentShardId?: string;
  readonly adjacentParentShardId?: string;
  /** A closed shard ends when its last record is read. */
  readonly closed: boolean;
}

/** Where to read on; all values survive a restart. */
export type StreamPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'LATEST' }
  /** The first record that arrived at or after this time, in milliseconds since the epoch. */
  | { readonly type: 'AT_TIMESTAMP'; readonly timestamp: number }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string };

export interface StreamRead {
  readonly records: readonly StreamRecord[];
  readonly millisBehindLatest: number;
  /** True when the shard is closed and nothing follows these records. */
  readonly ended: boolean;
}

export interface StreamDefinition {
  readonly name: string;
  readonly mode: 'PROVISIONED' | 'ON_DEMAND';
  readonly shards: number;
  readonly retentionHours: number;
  readonly maxRecordBytes?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface StreamConsumer {
  readonly arn: string;
  readonly name: string;
  readonly streamArn: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface StreamEngine extends Engine {
  /** Creates the stream, or brings the existing one to this definition. */
  apply(definition: StreamDefinition): Promise<{ readonly name: string; readonly arn: string }>;
  remove(stream: string): Promise<void>;
  /** Registers a consumer with enhanced fan-out, or finds the one there is. */
  applyConsumer(stream: string, name: string): Promise<StreamConsumer>;
  removeConsumer(consumerArn: string): Promise<void>;
  /** Resolves when the record is on disk. Throws `AwsError` as PutRecord does. */
  put(
    stream: string,
    record: { readonly data: Buffer; readonly partitionKey: string; readonly explicitHashKey?: string },
  ): Promise<{ readonly shardId: string; readonly sequenceNumber: string }>;
  /** Of every stream. */
  names(): readonly string[];
  /** @param stream a name or an ARN, here and below */
  shards(stream: string): Promise<readonly StreamShard[]>;
  /** What came in, by the minute, counted from the records themselves. Throws `AwsError` ResourceNotFoundException. */
  arrivals(stream: string): Promise<ArrivalMinutes>;
  /** At most `limit` records and 10 MB, as GetRecords. Throws `AwsError` ResourceNotFoundException. */
  read(stream: string, shardId: string, from: StreamPosition, limit: number): Promise<StreamRead>;
  /**
   * Pushes a shard's records to a consumer as they arrive, as SubscribeToShard: for five minutes, until a later subscription of the
   * consumer takes over, or until the signal. Throws `AwsError` ResourceNotFoundException, ResourceInUseException.
   */
  subscribe(consumerArn: string, shardId: string, from: StreamPosition, signal: AbortSignal): AsyncIterable<StreamRead>;
}

// ---- MySQL, Data API, secrets, tables

/** AWS::RDS::DBCluster, as far as it says how the private MariaDB runs. */
export interface MysqlClusterDefinition {
  readonly identifier: string;
  /** Created when it is not there. */
  readonly database?: string;
  readonly masterUsername: string;
  readonly masterPassword: string;
  /** Of its DBClusterParameterGroup. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly dataApiEnabled: boolean;
}

export interface MysqlEngine extends Engine {
  /** Starts MariaDB from this definition, or brings the running one to it. One cluster at a time. */
  applyCluster(definition: MysqlClusterDefinition): Promise<MysqlCluster>;
  /** Stops MariaDB and deletes its data. */
  removeCluster(identifier: string): Promise<void>;
  /** Parameters a cluster refers to by the group's name. Throws `LocalError` for those MariaDB cannot be given. */
  applyParameterGroup(name: string, parameters: Readonly<Record<string, string>>): void;
  /** Undefined for a group nobody applied: AWS's own, such as `default.aurora-mysql8.0`. */
  parameterGroup(name: string): Readonly<Record<string, string>> | undefined;
  /** The cluster behind an ARN, for the Data API. */
  cluster(arn: string): MysqlCluster | undefined;
}

export interface MysqlCluster {
  readonly arn: string;
  readonly host: string;
  readonly port: number;
  /** The same server without the network: what the Data API uses. */
  readonly socketPath: string;
  /** Empty when the template names none. */
  readonly database: string;
  /** False: HttpEndpointNotEnabledException. */
  readonly dataApiEnabled: boolean;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly versionId: string;
  readonly secretString: string;
}

export interface SecretDetails {
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface SecretsEngine extends Engine {
  /** The current version, by ARN, partial ARN or name. */
  find(secretId: string): Secret | undefined;
  /** Writes a new current version, unless it is the current one's text, and keeps the ARN; creates the secret when it is new. */
  put(name: string, secretString: string, details?: SecretDetails): Promise<Secret>;
  remove(secretId: string): Promise<void>;
}

export interface TableDefinition {
  readonly name: string;
  /** The resource's properties as CreateTable takes them. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface DynamodbEngine extends Engine {
  /** @returns streamArn where the table has a stream */
  apply(
    definition: TableDefinition,
  ): Promise<{ readonly name: string; readonly arn: string; readonly streamArn?: string }>;
  remove(table: string): Promise<void>;
}

// ---- IoT

export interface IotRegistry extends Engine {
  /** What AWS::IoT::Logging asks for; `INFO` without it, which writes a line per message a rule took. */
  readonly logLevel: LogLevel;
  /** Creates what a template declares, or brings it to this definition. Throws `AwsError` as the IoT API does. */
  apply(part: IotPart): Promise<{ readonly arn: string; readonly id: string }>;
  remove(part: Pick<IotPart, 'kind' | 'name'>): Promise<void>;
  /** The authorizer's function for a connection with this TLS server name; undefined: nobody may log in. */
  authorizerFor(
    serverName: string | undefined,
    /** The client has shown a certificate of the registry. */
    withCertificate?: boolean,
  ): { readonly functionArn: string; readonly authorizerArn: string } | undefined;
  /** The certificate, PEM, of the authority that signs those of devices. */
  readonly deviceAuthority: string;
  /** Undefined for a certificate that is not registered. */
  certificateStatus(der: Uint8Array): 'ACTIVE' | 'INACTIVE' | 'REVOKED' | undefined;
}

export interface MqttMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly clientId: string;
  /** The `principalId` the authorizer gave the connection. */
  readonly principal: string;
  /** Milliseconds since the epoch, when the broker received it. */
  readonly timestamp: number;
  readonly traceId: string;
}

export interface MqttEngine extends Engine {
  /** The file with the certificate of the broker's own authority. */
  readonly ca: string;
  /** Ends a client's connection, as iotdata DeleteConnection does. */
  disconnect(clientId: string): Promise<boolean>;
  /** A message from no client, as iotdata Publish sends it: to subscribers at once; resolves when the rules have taken it. */
  publish(topic: string, payload: Buffer, qos: 0 | 1): Promise<void>;
}

export interface RuleEngine extends Engine {
  /** Throws `AwsError` SqlParseException, naming what is wrong or not supported. */
  apply(rule: TopicRule): void;
  remove(name: string): void;
  /** Resolves when every matching rule's actions, or its error action, have taken the message; else rejects. */
  accept(message: MqttMessage): Promise<void>;
}

// ---- API gateway

export interface GatewayEngine extends Engine {
  /** Adds or replaces one part of a RestApi. */
  apply(part: GatewayPart): void;
  remove(part: Pick<GatewayPart, 'kind' | 'restApiId' | 'id'>): void;
  /** An address that AWS would give an API as it is on this machine; any other text as it is. */
  addressHere(address: string): string;
  /** One RestApi at the root of its own port; its AWS_IAM methods are satisfied by `Authorization: Bearer <token>`. */
  exposeApi(restApiId: string, port: number, bearerToken: string): Promise<void>;
}

// ---- Lambda

export interface Invocation {
  readonly payload: unknown;
  /** `Unhandled` when the function threw, crashed or ran out of time; `payload` then holds errorType and errorMessage. */
  readonly functionError?: 'Unhandled';
}

/** An AWS service (`iot.amazonaws.com`) that calls a function: its resource policy must allow the principal for this source. */
export interface ServiceCaller {
  readonly service: string;
  readonly sourceArn: string;
}

export interface LambdaEngine extends Engine {
  readonly functions: Functions;
  readonly eventSources: EventSources;
  /**
   * Invokes a name, an ARN or one with qualifier, and waits. Throws `AwsError`: ResourceNotFoundException, AccessDeniedException,
   * TooManyRequestsException, RequestTooLargeException.
   */
  invoke(target: string, payload: unknown, options?: { readonly caller?: ServiceCaller }): Promise<Invocation>;
  /** Every running child: what a person may kill. */
  instances(): readonly { readonly function: string; readonly pid: number }[];
}

// ---- Scheduler

export interface SchedulerEngine extends Engine {
  /** Adds or replaces a schedule. Throws `AwsError` ValidationException. */
  apply(schedule: Schedule): { readonly arn: string };
  remove(name: string): void;
}

// ---- CloudWatch Logs

export interface LogGroups extends Engine {
  apply(name: string): { readonly arn: string };
  remove(name: string): void;
  /** The function logs into the group, which need not be in a template. */
  attach(name: string, functionName: string): void;
}

// ---- S3-shaped folders

export interface ObjectStore extends Engine {
  applyBucket(name: string): Promise<void>;
  removeBucket(name: string): Promise<void>;
  /** Resolves when the object is on disk. Throws `AwsError` NoSuchBucket. */
  put(bucket: string, key: string, body: Buffer | string): Promise<void>;
  get(bucket: string, key: string): Promise<Buffer>;
  details(
    bucket: string,
    key: string,
  ): Promise<{ readonly bytes: number; readonly modified: Date; readonly etag: string }>;
  piece(bucket: string, key: string, firstByte: number, lastByte: number): Promise<Buffer>;
  /** No matter whether there is one. */
  delete(bucket: string, key: string): Promise<void>;
  /** Keys with the prefix, in order; the first `limit` of those behind `after`. */
  list(
    bucket: string,
    prefix?: string,
    options?: { readonly after?: string; readonly limit?: number },
  ): Promise<readonly string[]>;
}
