import { arn } from '../account.ts';
import { TemplateError } from '../errors.ts';
import type { RuleAction } from '../rules/topic-rule.ts';
import { resource } from '../template/resource.ts';

interface Properties {
  readonly RuleName?: string;
  readonly TopicRulePayload: {
    readonly Sql: string;
    readonly AwsIotSqlVersion?: string;
    readonly RuleDisabled?: boolean;
    readonly Description?: string;
    readonly Actions: readonly ActionProperties[];
    readonly ErrorAction?: ActionProperties;
  };
}

type ActionProperties = Readonly<Record<string, Readonly<Record<string, string>>>>;

const SQL_VERSION = '2016-03-23';

export const iotTopicRule = resource<Properties>('AWS::IoT::TopicRule', {
  apply({ properties, name, engines }) {
    const { Sql, AwsIotSqlVersion, RuleDisabled = false, Actions, ErrorAction } = properties.TopicRulePayload;
    if (AwsIotSqlVersion !== SQL_VERSION) {
      throw new TemplateError(
        `AwsIotSqlVersion ${AwsIotSqlVersion ?? '(absent)'} is not run locally; ${SQL_VERSION} is`,
      );
    }
    // Rule names have no hyphens: [a-zA-Z0-9_]{1,128}.
    const ruleName = properties.RuleName ?? name(128).replaceAll('-', '_');
    const ruleArn = arn('iot', `rule/${ruleName}`);
    engines.rules.apply({
      name: ruleName,
      arn: ruleArn,
      sql: Sql,
      disabled: RuleDisabled,
      actions: Actions.map(readAction),
      ...(ErrorAction === undefined ? {} : { errorAction: readAction(ErrorAction) }),
    });

    return { ref: ruleName, attributes: { Arn: ruleArn } };
  },
  remove({ previous, engines }) {
    if (previous !== undefined) engines.rules.remove(previous.ref);
  },
});

const READERS: Readonly<Record<string, (action: Readonly<Record<string, string>>) => RuleAction>> = {
  Kinesis(action) {
    const { PartitionKey: partitionKey } = action;
    return {
      kind: 'kinesis',
      roleArn: required(action, 'RoleArn'),
      streamName: required(action, 'StreamName'),
      ...(partitionKey === undefined ? {} : { partitionKey }),
    };
  },
  Lambda: (action) => ({ kind: 'lambda', functionArn: required(action, 'FunctionArn') }),
  S3(action) {
    const { CannedAcl } = action;
    if (CannedAcl !== undefined && CannedAcl !== 'private') {
      throw new TemplateError(`the S3 action's CannedAcl ${CannedAcl} is not run locally; private is`);
    }
    return {
      kind: 's3',
      roleArn: required(action, 'RoleArn'),
      bucketName: required(action, 'BucketName'),
      key: required(action, 'Key'),
    };
  },
};

function readAction(action: ActionProperties): RuleAction {
  const [[kind, properties] = ['(none)', {}]] = Object.entries(action);
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  if (read === undefined) {
    throw new TemplateError(`the rule action ${kind} is not run locally; ${Object.keys(READERS).join(', ')} are`);
  }

  return read(properties);
}

function required(action: Readonly<Record<string, string>>, property: string): string {
  const value = action[property];
  if (value === undefined) throw new TemplateError(`a rule action has no ${property}`);

  return value;
}
