import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { checkKnown, checkName, checkWhole, invalid } from './setting.ts';

export interface DatabaseCapacity {
  /** Aurora capacity units kept while idle, in steps of 0.5. 0 pauses the cluster; the next call then waits about 15 s. */
  readonly min: number;
  /** The most the cluster grows to, at least 1. */
  readonly max: number;
}

export interface EnvironmentSettings {
  /**
   * Tells environments apart: part of client ids, secret names and catalogue entries. 1 to 32 letters, digits or `-`.
   * @default 'production'
   */
  readonly name?: string;
  /**
   * Begins the names of stacks and APIs, so that several environments fit into one account: `test-`.
   * @default - no prefix
   */
  readonly prefix?: string;
  /**
   * Tags of everything the stacks create.
   * @default - only `causeway:environment`
   */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * What happens to data when its stack is deleted. `keep`: streams, tables and stored messages stay, Aurora leaves a snapshot and cannot
   * be deleted by mistake. `destroy`: everything goes, for environments made to be thrown away.
   * @default 'keep'
   */
  readonly removal?: 'keep' | 'destroy';
  /**
   * How long Aurora can be restored to any second, 7 to 35 days.
   * @default Duration.days(7)
   */
  readonly backup?: Duration;
  /**
   * How long log lines are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Between what the database scales.
   * @default - 0.5 to 4 capacity units
   */
  readonly databaseCapacity?: DatabaseCapacity;
  /**
   * Calls one address may make to the APIs in five minutes before the firewall refuses it, 10 to 2,000,000,000.
   * @default 30000, 100 a second
   */
  readonly callsPerAddress?: number;
  /**
   * The SNS topic that is told of alarms.
   * @default - alarms show in CloudWatch only
   */
  readonly alarmTopicArn?: string;
}

const KNOWN: readonly (keyof EnvironmentSettings)[] = [
  'name',
  'prefix',
  'tags',
  'removal',
  'backup',
  'logRetention',
  'databaseCapacity',
  'callsPerAddress',
  'alarmTopicArn',
];
const PLACE = 'Environment';

/** What all stacks of one environment agree on. A frozen value: make it with `Environment.of`. */
export class Environment {
  readonly name: string;
  readonly prefix: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly removal: 'keep' | 'destroy';
  readonly backup: Duration;
  readonly logRetention: RetentionDays;
  readonly databaseCapacity: DatabaseCapacity;
  readonly callsPerAddress: number;
  readonly alarmTopicArn: string | undefined;

  /** @throws InvalidSetting naming the first setting that cannot work, and settings that are not known */
  static of(settings: EnvironmentSettings = {}): Environment {
    checkKnown(PLACE, settings, KNOWN);

    return Object.freeze(new Environment(settings));
  }

  private constructor(settings: EnvironmentSettings) {
    const name = settings.name ?? 'production';
    const prefix = settings.prefix ?? '';
    this.name = checkName(PLACE, 'name', name, /^[A-Za-z0-9-]{1,32}$/, '1 to 32 letters, digits or `-`');
    this.prefix = checkName(
      PLACE,
      'prefix',
      prefix,
      /^([A-Za-z][A-Za-z0-9-]{0,19})?$/,
      'up to 20 letters, digits or `-`',
    );
    this.tags = Object.freeze({ 'causeway:environment': this.name, ...settings.tags });
    this.removal = checkRemoval(settings.removal ?? 'keep');
    this.backup = settings.backup ?? Duration.days(7);
    checkWhole(PLACE, 'backup', this.backup.toDays(), { min: 7, max: 35, unit: 'days' });
    this.logRetention = settings.logRetention ?? RetentionDays.ONE_MONTH;
    this.databaseCapacity = Object.freeze(checkCapacity(settings.databaseCapacity ?? { min: 0.5, max: 4 }));
    this.callsPerAddress = checkWhole(PLACE, 'callsPerAddress', settings.callsPerAddress ?? 30_000, {
      min: 10,
      max: 2_000_000_000,
      unit: 'calls',
    });
    this.alarmTopicArn = checkTopic(settings.alarmTopicArn);
  }

  /** For what holds data: streams, tables, buckets, logs. */
  get dataRemoval(): RemovalPolicy {
    return this.removal === 'keep' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  }

  /** Whether deleting a database or table must be asked for twice. */
  get deletionProtection(): boolean {
    return this.removal === 'keep';
  }
}

function checkRemoval(removal: 'keep' | 'destroy'): 'keep' | 'destroy' {
  if (removal !== 'keep' && removal !== 'destroy') {
    throw invalid(PLACE, 'removal', removal, '`keep` or `destroy`');
  }
  return removal;
}

function checkTopic(arn: string | undefined): string | undefined {
  if (arn !== undefined && !Token.isUnresolved(arn) && !/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/.test(arn)) {
    throw invalid(PLACE, 'alarmTopicArn', arn, 'the ARN of an SNS topic');
  }
  return arn;
}

/** Serverless v2 scales in halves; 256 is its largest size. D:AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works */
function checkCapacity(capacity: DatabaseCapacity): DatabaseCapacity {
  const { min, max } = capacity;
  if (![min, max].every((units) => Number.isInteger(units * 2)) || min < 0 || max < 1 || min > max || max > 256) {
    throw invalid(
      PLACE,
      'databaseCapacity',
      capacity,
      'min from 0, max from 1 to 256, both in steps of 0.5, min ≤ max',
    );
  }
  return { min, max };
}
