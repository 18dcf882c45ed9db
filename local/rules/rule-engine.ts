import { ACCOUNT } from '../account.ts';
import type { EngineHost, MqttMessage, RuleEngine } from '../engines.ts';
import { TopicTree } from '../mqtt/topic-tree.ts';
import { type CompiledRule, compileRule } from './compiled-rule.ts';
import { MessageNotTaken } from './errors.ts';
import { type Execution, executeRule } from './execute-rule.ts';
import { Evaluation } from './sql/evaluation.ts';

const BASIC_INGEST = /^\$aws\/rules\/([^/]+)\/(.+)$/s;

/**
 * AWS IoT's rules engine over the local stream and object store. It differs where AWS may lose messages: `accept` resolves
 * only when the message lies where the rules send it, so that the broker acknowledges nothing a killed runtime would lose.
 */
export function createRuleEngine(host: EngineHost): RuleEngine {
  const log = host.logs('rules');
  const rules = new Map<string, CompiledRule>();
  const filters = new TopicTree<CompiledRule>();
  const stopping = new AbortController();

  const count: Execution['count'] = (name, dimensions) =>
    host.engines.metrics.record({ namespace: 'AWS/IoT', name, dimensions }, 1);
  const forget = (name: string) => {
    const rule = rules.get(name);
    if (rule?.from !== undefined) filters.delete(rule.from, rule);
    rules.delete(name);
  };

  /** With Basic Ingest the rule is named by the topic, and sees what follows its first three levels. */
  const match = (message: MqttMessage): { evaluation: Evaluation; matched: readonly CompiledRule[] } => {
    const [, name, topic] = BASIC_INGEST.exec(message.topic) ?? [];
    if (name === undefined || topic === undefined) {
      return { evaluation: new Evaluation(message), matched: [...filters.match(message.topic)] };
    }
    const rule = rules.get(name);
    if (rule === undefined) {
      const { traceId, clientId, topic: topicName } = message;
      count('RuleNotFound', { RuleName: name });
      log.error('no such rule', { eventType: 'RuleNotFound', status: 'Failure', traceId, clientId, topicName });
    }

    return { evaluation: new Evaluation({ ...message, topic }), matched: rule === undefined ? [] : [rule] };
  };

  return {
    async start() {},
    async stop() {
      stopping.abort();
    },
    apply(rule) {
      const { iam, lambda, stream, store } = host.engines;
      const source = { 'aws:SourceArn': rule.arn, 'aws:SourceAccount': ACCOUNT };
      const compiled = compileRule(rule, {
        stream,
        store,
        invoke: (functionArn, event) =>
          lambda.invoke(functionArn, event, { caller: { service: 'iot.amazonaws.com', sourceArn: rule.arn } }),
        assume: (roleArn) => iam.assume(roleArn, 'iot.amazonaws.com', source),
        authorize: (principal, action, resource) => iam.authorize(principal, action, resource),
      });
      forget(rule.name);
      if (rule.disabled) return;
      rules.set(rule.name, compiled);
      if (compiled.from !== undefined) filters.add(compiled.from, compiled);
    },
    remove: forget,
    async accept(message) {
      const { evaluation, matched } = match(message);
      const verbose = ['INFO', 'DEBUG'].includes(host.engines.iot.logLevel);
      const execution = { log, count, verbose, signal: stopping.signal };
      const taken = await Promise.all(matched.map((rule) => executeRule(rule, evaluation, execution)));
      const missed = matched.filter((_, i) => !taken[i]);
      if (missed.length > 0) throw new MessageNotTaken(missed.map(({ name }) => name));
    },
  };
}
