import type { Buffer } from 'node:buffer';
import { RuleSqlFailure } from '../errors.ts';
import type { SqlValue } from './ast.ts';

/** A message as the rule sees it: with Basic Ingest the topic lacks its first three levels. */
export interface RuleMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly clientId: string;
  readonly principal: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly traceId: string;
}

/** One message under evaluation; the payload is parsed only when something asks for an attribute, and once. */
export class Evaluation {
  readonly message: RuleMessage;
  #segments: readonly string[] | undefined;
  #parsed: { readonly value: SqlValue } | undefined;

  constructor(message: RuleMessage) {
    this.message = message;
  }

  /** @param n 1 for the first level */
  topicSegment(n: number | undefined): string | undefined {
    this.#segments ??= this.message.topic.split('/');

    return n === undefined ? undefined : this.#segments[n - 1];
  }

  json(): SqlValue {
    if (this.#parsed === undefined) {
      try {
        this.#parsed = { value: JSON.parse(this.message.payload.toString('utf8')) as SqlValue };
      } catch {
        throw new RuleSqlFailure('the statement names attributes, and the payload is not JSON');
      }
    }

    return this.#parsed.value;
  }
}
