/** What of a deployment costs money while nothing happens. */
export type IdlePart = 'database' | 'streams' | 'secrets' | 'alarms' | 'firewall';

export interface PricedResource {
  /** Of CloudFormation: `AWS::Kinesis::Stream`. */
  readonly type: string;
  /** Of a stream, or of the stream that a consumer reads; undefined for one that scales by itself. */
  readonly shards?: number | undefined;
}

export interface IdlePrice {
  readonly part: IdlePart;
  /** A month. */
  readonly dollars: number;
}

const HOURS = 730;
/** Dollars in us-east-1, as listed: a guide for choosing, not a bill. */
const PRICE = {
  capacityUnitHour: 0.12,
  shardHour: 0.015,
  /** Enhanced fan-out; of an on-demand stream only the bytes it reads are paid. */
  consumerShardHour: 0.015,
  onDemandStreamHour: 0.04,
  secretMonth: 0.4,
  alarmMonth: 0.1,
  firewallMonth: 6,
  /** A provisioned event poller of Lambda, which a mapping has and no resource. */
  pollerHour: 0.185,
  /** A gigabyte of memory of a function on Arm, for a second. */
  gigabyteSecond: 0.0000133334,
};

/**
 * What one resource costs a month while idle; undefined for what costs by use only, such as functions, APIs and tables.
 *
 * @param capacity Aurora capacity units that each idle database instance keeps
 */
export function idlePrice({ type, shards }: PricedResource, capacity: number): IdlePrice | undefined {
  switch (type) {
    case 'AWS::Kinesis::Stream':
      return {
        part: 'streams',
        dollars: HOURS * (shards === undefined ? PRICE.onDemandStreamHour : PRICE.shardHour * shards),
      };
    case 'AWS::Kinesis::StreamConsumer':
      return { part: 'streams', dollars: HOURS * PRICE.consumerShardHour * (shards ?? 0) };
    case 'AWS::RDS::DBInstance':
      return { part: 'database', dollars: HOURS * PRICE.capacityUnitHour * capacity };
    // A cluster keeps its master password in a secret of its own.
    case 'AWS::RDS::DBCluster':
    case 'AWS::SecretsManager::Secret':
      return { part: 'secrets', dollars: PRICE.secretMonth };
    case 'AWS::CloudWatch::Alarm':
      return { part: 'alarms', dollars: PRICE.alarmMonth };
    case 'AWS::WAFv2::WebACL':
      return { part: 'firewall', dollars: PRICE.firewallMonth };
    default:
      return undefined;
  }
}

/** Dollars a month of the provisioned pollers that a mapping keeps while nothing comes. */
export function pollersPrice(pollers: number): number {
  return HOURS * PRICE.pollerHour * pollers;
}

/** Dollars a month of a function that always runs. @param memoryMb its memory */
export function runningPrice(memoryMb: number): number {
  return HOURS * 3600 * PRICE.gigabyteSecond * (memoryMb / 1024);
}
