import { Annotations, Token } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { checkBroker, isLoopback } from '../../core/fdi/kafka-broker.ts';
import type { KafkaAccess } from '../../core/fdi/kafka-feed.ts';
import type { HandlerFunction } from '../platform/handler-function.ts';
import { checkName, invalid } from '../platform/setting.ts';
import { KafkaTopic, type KafkaTopicOptions } from './kafka-topic.ts';

/** What is needed of a secret; its text is a JSON object. */
export type KafkaSecret = Pick<ISecret, 'secretArn' | 'encryptionKey'>;

/** Who the consumers are to the brokers. With a login, Lambda speaks TLS. */
export type KafkaLogin =
  | {
      readonly mechanism: 'scram-sha-512' | 'scram-sha-256' | 'plain';
      /** `{"username": …, "password": …}` */
      readonly secret: KafkaSecret;
    }
  | {
      /** Mutual TLS. */
      readonly mechanism: 'certificate';
      /** `{"certificate": <PEM chain>, "privateKey": <PEM, PKCS#8>, "privateKeyPassword"?: …}` */
      readonly secret: KafkaSecret;
    }
  /** By the role of the consumer; of MSK only. */
  | { readonly mechanism: 'iam' };

/** From where a cluster of one's own is reached. */
export interface KafkaNetwork {
  readonly vpc: Pick<IVpc, 'selectSubnets'>;
  /**
   * Subnets from which the brokers can be reached.
   * @default - the private ones
   */
  readonly subnets?: SubnetSelection;
  /** Lambda's pollers are in these; those of the brokers must let them in, on the brokers' ports. */
  readonly securityGroups: readonly Pick<ISecurityGroup, 'securityGroupId'>[];
}

export interface KafkaClusterProps {
  /**
   * `host:port` of several brokers of a cluster of one's own; give more than one, for the time when one is down.
   * @default - none: `mskArn` names the cluster
   */
  readonly brokers?: readonly string[];
  /**
   * An MSK cluster, whose brokers and network AWS knows.
   * @default - none: `brokers` are given
   */
  readonly mskArn?: string;
  /**
   * How the consumers log in.
   * @default - MSK: `{ mechanism: 'iam' }`; brokers: no login, in clear text, which Lambda does within a VPC only
   */
  readonly login?: KafkaLogin;
  /**
   * The certificate of a private CA that signed the brokers' certificates: `{"certificate": <PEM>}`.
   * @default - a CA that Amazon trusts
   */
  readonly ca?: KafkaSecret;
  /**
   * Where brokers of one's own are reached.
   * @default - over the internet
   */
  readonly network?: KafkaNetwork;
  /**
   * 1 to 60 letters, digits, `_` or `-`; unique in the environment.
   * @default - the construct's id
   */
  readonly name?: string;
}

const ACCESS = {
  'scram-sha-512': 'SASL_SCRAM_512_AUTH',
  'scram-sha-256': 'SASL_SCRAM_256_AUTH',
  plain: 'BASIC_AUTH',
  certificate: 'CLIENT_CERTIFICATE_TLS_AUTH',
} as const;
/** What Lambda's pollers need of the consumer's role to get into a VPC. D:lambda/latest/dg/with-kafka-permissions */
const NETWORK = [
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
];
const MSK_ARN = /^arn:aws[\w-]*:kafka:[\w-]+:\d{12}:cluster\/[\w-]+\/[\w-]+$/;

/** A Kafka cluster that real-time tasks read from: of one's own, or of MSK. */
export class KafkaCluster extends Construct {
  readonly clusterName: string;
  readonly #props: KafkaClusterProps;

  constructor(scope: Construct, id: string, props: KafkaClusterProps) {
    super(scope, id);
    this.#props = props;
    this.clusterName = checkName(
      this,
      'name',
      props.name ?? id,
      /^[\w-]{1,60}$/,
      '1 to 60 letters, digits, `_` or `-`',
    );
    if ((props.brokers === undefined) === (props.mskArn === undefined)) {
      throw invalid(this, 'brokers and mskArn', props, 'one of the two');
    }
    if (props.mskArn === undefined) {
      this.#checkOwn(props);
      return;
    }
    this.#checkMsk(props.mskArn);
  }

  /** One of its topics, for a task to read. Whether it is there is found out when the task runs. */
  topic(name: string, options: KafkaTopicOptions = {}): KafkaTopic {
    return new KafkaTopic(this, name, options);
  }

  get brokers(): readonly string[] | undefined {
    return this.#props.brokers;
  }

  get mskArn(): string | undefined {
    return this.#props.mskArn;
  }

  /** As Lambda's `SourceAccessConfigurations` take it. */
  get access(): readonly KafkaAccess[] {
    const { login, ca, network } = this.#props;
    const secrets = [
      ...(login === undefined || login.mechanism === 'iam'
        ? []
        : [{ type: ACCESS[login.mechanism], uri: login.secret.secretArn }]),
      ...(ca === undefined ? [] : [{ type: 'SERVER_ROOT_CA_CERTIFICATE', uri: ca.secretArn }]),
    ];
    if (network === undefined) {
      return secrets;
    }
    const { subnetIds } = network.vpc.selectSubnets(network.subnets);

    return [
      ...secrets,
      ...subnetIds.map((subnet) => ({ type: 'VPC_SUBNET', uri: `subnet:${subnet}` })),
      ...network.securityGroups.map(({ securityGroupId }) => ({
        type: 'VPC_SECURITY_GROUP',
        uri: `security_group:${securityGroupId}`,
      })),
    ];
  }

  /** What the pollers take of the consumer's role, beside the topic itself. */
  grantConnect(consumer: HandlerFunction): void {
    const { login, ca, network, mskArn } = this.#props;
    for (const secret of [login !== undefined && login.mechanism !== 'iam' ? login.secret : undefined, ca]) {
      if (secret !== undefined) {
        consumer.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
        secret.encryptionKey?.grantDecrypt(consumer);
      }
    }
    if (mskArn !== undefined) {
      consumer.allow(['kafka:DescribeCluster', 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], [mskArn]);
    }
    if (mskArn !== undefined || network !== undefined) {
      consumer.allow(NETWORK, ['*'], {
        because:
          'Network interfaces that Lambda makes for its pollers have no names before, and describing knows no resources.',
      });
    }
  }

  #checkOwn({ brokers = [], login, ca, network }: KafkaClusterProps): void {
    if (brokers.length === 0) {
      throw invalid(this, 'brokers', brokers, 'at least one `host:port`; the port has to be named');
    }
    for (const broker of brokers) {
      if (!Token.isUnresolved(broker)) {
        checkBroker(broker, `${this.node.path}: brokers`);
      }
    }
    if (login?.mechanism === 'iam') {
      throw invalid(
        this,
        'login.mechanism',
        'iam',
        '`scram-sha-512`, `scram-sha-256`, `plain` or `certificate`: IAM is of MSK',
      );
    }
    if (network !== undefined && network.securityGroups.length === 0) {
      throw invalid(this, 'network.securityGroups', [], 'at least one');
    }
    // These run on one machine, so they are not refused; `cdk deploy --strict` deploys nothing that has a warning.
    const loopback = brokers.find(isLoopback);
    if (loopback !== undefined) {
      Annotations.of(this).addWarningV2(
        'causeway:kafkaBrokerIsThisMachine',
        `brokers: ${loopback} is this machine: Lambda cannot reach it. Name brokers of a network it can reach before deploying; npm start takes it as it is.`,
      );
    } else if (login === undefined && network === undefined) {
      Annotations.of(this).addWarningV2(
        'causeway:kafkaWithoutLogin',
        'login: Lambda reaches brokers without a login within a VPC only: give `network`, or `login`. npm start takes it as it is.',
      );
    }
    if (ca !== undefined && login === undefined && network === undefined) {
      throw invalid(this, 'ca', 'a CA without login and network', 'a `login` or a `network` beside it');
    }
  }

  #checkMsk(mskArn: string): void {
    const { login, ca, network } = this.#props;
    if (!Token.isUnresolved(mskArn) && !MSK_ARN.test(mskArn)) {
      throw invalid(this, 'mskArn', mskArn, 'arn:aws:kafka:<region>:<account>:cluster/<name>/<id>');
    }
    if (ca !== undefined || network !== undefined) {
      throw invalid(
        this,
        ca === undefined ? 'network' : 'ca',
        'given',
        'nothing with mskArn: AWS knows those of its clusters',
      );
    }
    if (login !== undefined && !['iam', 'scram-sha-512', 'certificate'].includes(login.mechanism)) {
      throw invalid(
        this,
        'login.mechanism',
        login.mechanism,
        '`iam`, `scram-sha-512` or `certificate`, which MSK knows',
      );
    }
  }

  /** Whether the role of the consumer is the login. */
  get byRole(): boolean {
    return this.mskArn !== undefined && (this.#props.login?.mechanism ?? 'iam') === 'iam';
  }
}
