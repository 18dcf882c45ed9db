import type { Buffer } from 'node:buffer';
import type { Principal } from '../../aws/service.ts';
import type { Invocation, ObjectStore, StreamEngine } from '../../engines.ts';
import type { Evaluation } from '../sql/evaluation.ts';

/** What actions act on, with the rule's role. */
export interface ActionPorts {
  readonly stream: Pick<StreamEngine, 'put'>;
  readonly store: Pick<ObjectStore, 'put'>;
  /** Calls a function for iot.amazonaws.com on behalf of the rule. Throws `AwsError` as Invoke does. */
  invoke(functionArn: string, event: unknown): Promise<Invocation>;
  /** The session of the action's role, taken for iot.amazonaws.com on behalf of the rule. Throws `AwsError`. */
  assume(roleArn: string): Principal;
  /** Throws `AwsError` AccessDeniedException. */
  authorize(principal: Principal, action: string, resource: string): void;
}

export interface CompiledAction {
  /** As an error action's message names it: `KinesisAction`. */
  readonly name: string;
  /** `failedResource` of that message. */
  readonly resource: string;
  /**
   * Acts once; rejects with what the service said. Everything up to the service's own call happens at once, so that
   * messages reach it in the order they came.
   */
  run(evaluation: Evaluation, payload: Buffer): Promise<ActionOutcome>;
  /** AWS's words around the service's. */
  describe(reason: string, evaluation: Evaluation): string;
}

/** What the log says of a success: where the message lies now. */
export type ActionOutcome = Readonly<Record<string, string>>;
