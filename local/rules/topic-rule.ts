/** A topic rule as a template declares it. */
export interface TopicRule {
  readonly name: string;
  readonly arn: string;
  readonly sql: string;
  readonly disabled: boolean;
  readonly actions: readonly RuleAction[];
  readonly errorAction?: RuleAction;
}

/** `${…}` in a partition key or an object key is evaluated per message. */
export type RuleAction = KinesisAction | LambdaAction | S3Action;

export interface KinesisAction {
  readonly kind: 'kinesis';
  readonly roleArn: string;
  readonly streamName: string;
  /** A random key per message when absent. */
  readonly partitionKey?: string;
}

export interface LambdaAction {
  readonly kind: 'lambda';
  readonly functionArn: string;
}

export interface S3Action {
  readonly kind: 's3';
  readonly roleArn: string;
  readonly bucketName: string;
  readonly key: string;
}
