import { Buffer } from 'node:buffer';
import { AwsError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ActionOutcome, CompiledAction } from './actions/action.ts';
import { withRetries } from './actions/retry.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { RuleSqlFailure } from './errors.ts';
import type { Evaluation } from './sql/evaluation.ts';

export interface Execution {
  readonly log: Log;
  /** Counts one under this name; for actions with their type. */
  readonly count: (metric: RuleMetric, dimensions: Readonly<Record<string, string>>) => void;
  /** A line for every success, too. */
  readonly verbose: boolean;
  readonly signal: AbortSignal;
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html#rulemetrics */
export type RuleMetric =
  | 'TopicMatch'
  | 'ParseError'
  | 'Success'
  | 'Failure'
  | 'ErrorActionSuccess'
  | 'ErrorActionFailure'
  | 'RuleNotFound';

/** https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html#rule-error-message-format */
interface Failure {
  readonly failedAction: string;
  readonly failedResource: string;
  readonly errorMessage: string;
}

type Attempt = { readonly action: CompiledAction } & (
  | { readonly outcome: ActionOutcome; readonly failure?: undefined }
  | { readonly outcome?: undefined; readonly failure: Failure }
);

/**
 * Runs one rule on one message; true when the message is taken: by all its actions, by its error action, or by nobody because
 * the statement does not want it or cannot read it (AWS logs that and runs no error action).
 */
export async function executeRule(rule: CompiledRule, evaluation: Evaluation, execution: Execution): Promise<boolean> {
  const line = lineWriter(rule, evaluation, execution.log);
  const RuleName = rule.name;
  execution.count('TopicMatch', { RuleName });
  let payload: Buffer | undefined;
  try {
    payload = rule.select(evaluation);
  } catch (error) {
    if (!(error instanceof RuleSqlFailure)) throw error;
    execution.count('ParseError', { RuleName });
    line('error', 'the statement failed; the message is dropped', { reason: error.message });
    return true;
  }
  if (payload === undefined) return true;

  const outgoing = payload;
  const attempts = await Promise.all(
    rule.actions.map((action) => attempt(action, evaluation, outgoing, execution.signal)),
  );
  const failures: Failure[] = [];
  for (const { action, outcome, failure } of attempts) {
    execution.count(failure === undefined ? 'Success' : 'Failure', { RuleName, ActionType: typeOf(action) });
    if (failure !== undefined) {
      failures.push(failure);
      line('error', 'an action failed', { ruleAction: action.name, reason: failure.errorMessage });
    } else if (execution.verbose) {
      line('info', 'an action took the message', { ruleAction: action.name, resources: outcome });
    }
  }

  return failures.length === 0 || reportFailures(rule, evaluation, failures, execution);
}

/** One message for all failures of a rule. */
async function reportFailures(
  rule: CompiledRule,
  evaluation: Evaluation,
  failures: readonly Failure[],
  { log, signal, count }: Execution,
): Promise<boolean> {
  const line = lineWriter(rule, evaluation, log);
  const { errorAction } = rule;
  if (errorAction === undefined) {
    line('error', 'the rule has no error action; the message is not acknowledged', {});
    return false;
  }
  const { message } = evaluation;
  const report = {
    ruleName: rule.name,
    topic: message.topic,
    cloudwatchTraceId: message.traceId,
    clientId: message.clientId,
    base64OriginalPayload: message.payload.toString('base64'),
    failures,
  };
  const payload = Buffer.from(JSON.stringify(report), 'utf8');
  const { outcome, failure } = await attempt(errorAction, evaluation, payload, signal);
  const taken = failure === undefined ? 'ErrorActionSuccess' : 'ErrorActionFailure';
  count(taken, { RuleName: rule.name, ActionType: typeOf(errorAction) });
  if (failure !== undefined) {
    const reason = failure.errorMessage;
    line('error', 'the error action failed too; the message is not acknowledged', {
      ruleAction: errorAction.name,
      reason,
    });
    return false;
  }
  line('warn', 'the error action took the message', { ruleAction: errorAction.name, resources: outcome });

  return true;
}

/** `KinesisAction` is of the type `Kinesis`. */
function typeOf({ name }: CompiledAction): string {
  return name.replace(/Action$/, '');
}

async function attempt(
  action: CompiledAction,
  evaluation: Evaluation,
  payload: Buffer,
  signal: AbortSignal,
): Promise<Attempt> {
  try {
    return { action, outcome: await withRetries(() => action.run(evaluation, payload), signal) };
  } catch (error) {
    const errorMessage = action.describe(reasonOf(error), evaluation);
    return { action, failure: { failedAction: action.name, failedResource: action.resource, errorMessage } };
  }
}

/** Field names as in https://docs.aws.amazon.com/iot/latest/developerguide/cwl-format.html#log-rules-rule-ex */
function lineWriter(rule: CompiledRule, { message }: Evaluation, log: Log) {
  return (level: 'info' | 'warn' | 'error', text: string, fields: Readonly<Record<string, unknown>>) =>
    log[level](text, {
      eventType: 'RuleExecution',
      status: level === 'error' ? 'Failure' : 'Success',
      traceId: message.traceId,
      clientId: message.clientId,
      topicName: message.topic,
      ruleName: rule.name,
      ...fields,
    });
}

function reasonOf(error: unknown): string {
  if (error instanceof AwsError) return `${error.message} (Status Code: ${error.status}; Error Code: ${error.code})`;

  return error instanceof Error ? error.message : String(error);
}
