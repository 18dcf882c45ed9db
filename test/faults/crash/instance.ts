import type { KinesisStreamRecord } from 'aws-lambda';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { Consumer } from '../../functions/fdi/consumer.ts';
import { type CallGate, OPEN_GATE, startGate } from './call-gate.ts';

/** When a process is killed in an invocation: at a step, or after a share of the time that one takes from its first call to its answer. */
export type Death =
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'instant'; readonly share: number }
  | undefined;

/** What came back: `''` when all is written, else the first sequence number that is not; or nothing, from a dead process. */
export type Said =
  | { readonly kind: 'said'; readonly unwritten: string }
  | { readonly kind: 'killed'; readonly at: string };

/** How calls go astray beside kills: the share of answers that are lost after their call was served. */
const LOST_SHARE = 0.02;

/** A place where processes of the consumer run, one after another, each as it is deployed; and how they die. */
export class Instance {
  readonly #consumer: Consumer;
  readonly #gate: CallGate;
  readonly #random: () => number;
  /** From the first call of an invocation to its answer. */
  #usualMs = 30;

  private constructor(consumer: Consumer, gate: CallGate, random: () => number) {
    this.#consumer = consumer;
    this.#gate = gate;
    this.#random = random;
  }

  /** @param code another consumer's than the real one's */
  static async start(
    task: TopicTask,
    environment: Readonly<Record<string, string>>,
    { random, code }: { readonly random: () => number; readonly code?: string | undefined },
  ): Promise<Instance> {
    const gate = await startGate(environment['AWS_ENDPOINT_URL_RDS_DATA'] as string);
    const consumer = new Consumer(task, { ...environment, AWS_ENDPOINT_URL_RDS_DATA: gate.url }, code);

    return new Instance(consumer, gate, random);
  }

  /** @param passed is told of every step boundary: before and behind each call */
  async invoke(
    records: readonly KinesisStreamRecord[],
    death: Death,
    passed: () => void = () => undefined,
  ): Promise<Said> {
    let steps = 0;
    let place = 'the end';
    const pass = async (where: string) => {
      steps += 1;
      passed();
      if (death?.kind === 'step' && steps === death.step) {
        place = where;
        await this.#consumer.kill();
      }
    };
    let [firstCall, timer]: [number | undefined, NodeJS.Timeout | undefined] = [undefined, undefined];
    const arm = (share: number) => {
      const afterMs = share * this.#usualMs;
      timer = setTimeout(() => {
        place = `after ${afterMs.toFixed(0)} ms`;
        void this.#consumer.kill();
      }, afterMs);
    };
    this.#gate.hooks = {
      before: async ({ operation, sql }) => {
        if (firstCall === undefined) {
          firstCall = performance.now();
          if (death?.kind === 'instant') arm(death.share);
        }
        await pass(`before ${nameOf(operation, sql)}`);
      },
      after: async ({ operation, sql }) => {
        await pass(`behind ${nameOf(operation, sql)}`);

        return death?.kind === 'instant' && this.#random() < LOST_SHARE ? 'lost' : 'answered';
      },
    };
    const unwritten = await this.#consumer.invoke({ records });
    clearTimeout(timer);
    this.#gate.hooks = OPEN_GATE;
    if (unwritten === '' && firstCall !== undefined) {
      this.#usualMs += (performance.now() - firstCall - this.#usualMs) / 10;
    }

    return unwritten === 'killed' ? { kind: 'killed', at: place } : { kind: 'said', unwritten };
  }

  async stop(): Promise<void> {
    await this.#consumer.stop();
    await this.#gate.stop();
  }
}

function nameOf(operation: string, sql: string): string {
  return sql === '' ? operation : sql.split(/\s+/).slice(0, 4).join(' ').slice(0, 60);
}
