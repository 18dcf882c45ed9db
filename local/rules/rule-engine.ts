import { Buffer } from 'node:buffer';
import { ACCOUNT } from '../account.ts';
import type { EngineHost, MqttMessage, RuleEngine } from '../engines.ts';
import { AwsError } from '../errors.ts';
import { TopicTree } from '../mqtt/topic-tree.ts';
import type { CompiledAction } from './actions/action.ts';
import { withRetries } from './actions/retry.ts';
import { type CompiledRule, compileRule } from './compiled-rule.ts';
import { MessageNotTaken, RuleSqlFailure } from './errors.ts';
import { Evaluation } from './sql/evaluation.ts';

const BASIC_INGEST = /^\$aws\/rules\/([^/]+)\/(.+)$/s;

/**
 * AWS IoT's rules engine over the local stream and object store. Differs where AWS loses messages: `accept` resolves only
 * when the message lies where the rules send it, so that the broker acknowledges nothing that a killed runtime would lose.
 */
export function createRuleEngine(host: EngineHost): RuleEngine {
  const log = host.logs('rules');
  const rules = new Map<string, CompiledRule>();
  const filters = new TopicTree<CompiledRule>();
  const stopping = new AbortController();

  const forget = (name: string) => {
    const rule = rules.get(name);
    if (rule?.from !== undefined) filters.delete(rule.from, rule);
    rules.delete(name);
  };

  const matching = (message: MqttMessage): [Evaluation, readonly CompiledRule[]] => {
    const [, name, rest] = BASIC_INGEST.exec(message.topic) ?? [];
    if (name === undefined || rest === undefined) {
      return [new Evaluation(message), [...filters.match(message.topic)]];
    }
    const rule = rules.get(name);
    if (rule === undefined) {
      log.warn('no such rule', { eventType: 'RuleNotFound', status: 'Failure', ruleName: name, ...about(message) });
    }

    return [new Evaluation({ ...message, topic: rest }), rule === undefined ? [] : [rule]];
  };

  const execute = async (rule: CompiledRule, evaluation: Evaluation): Promise<boolean> => {
    const { message } = evaluation;
    const fields = { eventType: 'RuleExecution', ruleName: rule.name, ...about(message) };
    let payload: Buffer | undefined;
    try {
      payload = rule.select(evaluation);
    } catch (error) {
      if (!(error instanceof RuleSqlFailure)) throw error;
      log.error('the statement failed; the message is dropped', { ...fields, status: 'Failure', reason: error.message });
      return true;
    }
    if (payload === undefined) return true;

    const outgoing = payload;
    const outcomes = await Promise.all(rule.actions.map((action) => attempt(action, evaluation, outgoing)));
    const failures = outcomes.flatMap((outcome) => ('failedAction' in outcome.result ? [outcome.result] : []));
    for (const { action, result } of outcomes) {
      const failed = 'failedAction' in result;
      if (!failed && host.engines.iot.logLevel !== 'INFO') continue;
      log[failed ? 'error' : 'info'](failed ? 'an action failed' : 'an action took the message', {
        ...fields,
        status: failed ? 'Failure' : 'Success',
        ruleAction: action.name,
        ...(failed ? { reason: result.errorMessage } : { resources: result }),
      });
    }
    if (failures.length === 0) return true;

    return reportFailures(rule, evaluation, failures);
  };

  /** The rule's error action takes one message for all failures; true when it did. */
  const reportFailures = async (rule: CompiledRule, evaluation: Evaluation, failures: readonly Failure[]) => {
    const { message } = evaluation;
    const fields = { eventType: 'RuleExecution', ruleName: rule.name, ...about(message) };
    if (rule.errorAction === undefined) {
      log.error('the rule has no error action; the message is not acknowledged', { ...fields, status: 'Failure' });
      return false;
    }
    const { result } = await attempt(rule.errorAction, evaluation, errorMessage(rule.name, message, failures));
    const failed = 'failedAction' in result;
    log[failed ? 'error' : 'warn'](
      failed
        ? 'the error action failed too; the message is not acknowledged'
        : 'the error action took the message',
      {
        ...fields,
        status: failed ? 'Failure' : 'Success',
        ruleAction: rule.errorAction.name,
        ...(failed ? { reason: result.errorMessage } : { resources: result }),
      },
    );

    return !failed;
  };

  const attempt = async (action: CompiledAction, evaluation: Evaluation, payload: Buffer) => {
    try {
      return { action, result: await withRetries(() => action.run(evaluation, payload), stopping.signal) };
    } catch (error) {
      return {
        action,
        result: {
          failedAction: action.name,
          failedResource: action.resource,
          errorMessage: action.describe(reasonOf(error), evaluation),
        },
      };
    }
  };

  return {
    async start() {},
    async stop() {
      stopping.abort();
    },
    apply(rule) {
      const ruleArn = rule.arn;
      const compiled = compileRule(rule, {
        stream: { put: (...args) => host.engines.stream.put(...args) },
        store: { put: (...args) => host.engines.store.put(...args) },
        assume: (roleArn) =>
          host.engines.iam.assume(roleArn, 'iot.amazonaws.com', {
            'aws:SourceArn': ruleArn,
            'aws:SourceAccount': ACCOUNT,
          }),
        authorize: (principal, action, resource) => host.engines.iam.authorize(principal, action, resource),
      });
      forget(rule.name);
      if (rule.disabled) return;
      rules.set(rule.name, compiled);
      if (compiled.from !== undefined) filters.add(compiled.from, compiled);
    },
    remove: forget,
    async accept(message) {
      const [evaluation, matched] = matching(message);
      const taken = await Promise.all(matched.map((rule) => execute(rule, evaluation)));
      const missed = matched.filter((_, i) => !taken[i]);
      if (missed.length > 0) throw new MessageNotTaken(missed.map(({ name }) => name));
    },
  };
}

interface Failure {
  readonly failedAction: string;
  readonly failedResource: string;
  readonly errorMessage: string;
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html#rule-error-message-format */
function errorMessage(ruleName: string, message: Evaluation['message'], failures: readonly Failure[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      ruleName,
      topic: message.topic,
      cloudwatchTraceId: message.traceId,
      clientId: message.clientId,
      base64OriginalPayload: message.payload.toString('base64'),
      failures,
    }),
    'utf8',
  );
}

function about({ topic, clientId, traceId }: Pick<MqttMessage, 'topic' | 'clientId' | 'traceId'>) {
  return { traceId, clientId, topicName: topic };
}

function reasonOf(error: unknown): string {
  if (error instanceof AwsError) return `${error.message} (Status Code: ${error.status}; Error Code: ${error.code})`;

  return error instanceof Error ? error.message : String(error);
}

