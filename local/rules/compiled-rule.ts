import type { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';
import { filterFault } from '../mqtt/topic-filter.ts';
import type { ActionPorts, CompiledAction } from './actions/action.ts';
import { kinesisAction } from './actions/kinesis-action.ts';
import { lambdaAction } from './actions/lambda-action.ts';
import { s3Action } from './actions/s3-action.ts';
import { LIMITS } from './limits.ts';
import { compileStatement } from './sql/compile.ts';
import type { Evaluation } from './sql/evaluation.ts';
import type { RuleAction, TopicRule } from './topic-rule.ts';

export interface CompiledRule {
  readonly name: string;
  /** Absent: reached through Basic Ingest only. */
  readonly from: string | undefined;
  readonly actions: readonly CompiledAction[];
  readonly errorAction: CompiledAction | undefined;
  /** The outgoing payload, or undefined when WHERE does not hold. Throws `RuleSqlFailure`. */
  select(evaluation: Evaluation): Buffer | undefined;
}

/** Reads a rule once. Throws `AwsError` as CreateTopicRule does, for the statement, its filter and every template. */
export function compileRule(rule: TopicRule, ports: ActionPorts): CompiledRule {
  if (rule.actions.length > LIMITS.actionsPerRule) {
    throw new AwsError('InvalidRequestException', `a rule has at most ${LIMITS.actionsPerRule} actions`);
  }
  const statement = compileStatement(rule.sql);
  const fault = statement.from === undefined ? undefined : filterFault(statement.from);
  if (fault !== undefined) throw new AwsError('SqlParseException', `FROM '${statement.from}': ${fault}`);

  return {
    name: rule.name,
    from: statement.from,
    actions: rule.actions.map((action) => compileAction(action, ports)),
    errorAction: rule.errorAction === undefined ? undefined : compileAction(rule.errorAction, ports),
    select: statement.run,
  };
}

function compileAction(action: RuleAction, ports: ActionPorts): CompiledAction {
  switch (action.kind) {
    case 'kinesis':
      return kinesisAction(action, ports);
    case 'lambda':
      return lambdaAction(action, ports);
    case 's3':
      return s3Action(action, ports);
  }
}
