import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KinesisStreamRecord } from 'aws-lambda';
import { languagesOf } from '../../../core/fdi/task-languages.ts';
import type { TopicTask } from '../../../core/fdi/topic-task.ts';
import { handlerCode } from '../../../lib/platform/handler-bundle.ts';

export interface Invocation {
  readonly records?: readonly KinesisStreamRecord[];
  /** In place of records: the whole event of another source. */
  readonly event?: unknown;
  /** @default 60_000 */
  readonly remainingMs?: number;
  /** @default - without a qualifier */
  readonly epoch?: number;
}

const RUNNER = `
import { handler } from './index.mjs';
process.on('message', async ({ records, event = { Records: records }, remainingMs = 60000, epoch }) => {
  const end = performance.now() + remainingMs;
  const qualifier = epoch === undefined ? '' : ':epoch-' + epoch;
  const invokedFunctionArn = 'arn:aws:lambda:us-east-1:000000000000:function:consumer' + qualifier;
  const context = { invokedFunctionArn, getRemainingTimeInMillis: () => end - performance.now() };
  process.send(await handler(event, context).catch((error) => ({ thrown: String(error) })));
});
process.send('ready');
`;

/** Instances of the consumer as they are deployed: the bundled asset, each in a process that can be killed. */
export class Consumer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'causeway-consumer-'));
  readonly #environment: Readonly<Record<string, string>>;
  readonly #lines: string[] = [];
  #instance: ChildProcess | undefined;
  /** The instance that has said it is ready: it may be killed before. */
  #ready: ChildProcess | undefined;
  /** Of the newest instance. */
  #died: Promise<readonly unknown[]> = Promise.resolve(['killed']);

  /** @param code another `index.mjs` than the real one's, as of `test/fdi-variants` */
  constructor(task: TopicTask, environment: Readonly<Record<string, string>>, code = handlerCode('fdi/consume-topic')) {
    this.#environment = environment;
    writeFileSync(join(this.#folder, 'index.mjs'), code);
    writeFileSync(join(this.#folder, 'definitions.json'), JSON.stringify(task));
    writeFileSync(join(this.#folder, 'runner.mjs'), RUNNER);
    for (const language of languagesOf(task)) {
      mkdirSync(join(this.#folder, 'languages'), { recursive: true });
      writeFileSync(join(this.#folder, `languages/${language}.mjs`), handlerCode(`languages/${language}`));
    }
  }

  /**
   * Invokes the running instance, or a new one.
   *
   * @returns the first sequence number that is not written, `''` when all are, `'killed'` when the instance died
   */
  async invoke(invocation: Invocation): Promise<string> {
    const answer = await this.#answer(invocation);
    if (answer === 'killed') {
      return 'killed';
    }
    const { batchItemFailures, thrown } = answer as {
      batchItemFailures?: { itemIdentifier: string | { partition: string; offset: number } }[];
      thrown?: string;
    };

    return thrown ?? batchItemFailures?.map(({ itemIdentifier }) => identifierOf(itemIdentifier)).join() ?? 'no answer';
  }

  /** Asks what is no batch; answers what it says, or `'killed'`. */
  ask(event: object): Promise<unknown> {
    return this.#answer({ event });
  }

  async #answer(invocation: Invocation | { readonly event: object }): Promise<unknown> {
    const instance = this.#instance ?? this.#start();
    const died = this.#died;
    const [ready] = this.#ready === instance ? ['ready'] : await Promise.race([once(instance, 'message'), died]);
    this.#ready = instance;
    instance.send(invocation, () => undefined);
    const [answer] = ready === 'killed' ? [ready] : await Promise.race([once(instance, 'message'), died]);

    return answer;
  }

  /** Ends the instance as the machine's power would; resolves when it is gone. */
  async kill(): Promise<void> {
    const instance = this.#instance;
    this.#instance = undefined;
    if (instance !== undefined && instance.exitCode === null && instance.signalCode === null) {
      const gone = once(instance, 'exit');
      instance.kill('SIGKILL');
      await gone;
    }
  }

  /** What all instances have logged. */
  log(): Record<string, unknown>[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }

  #start(): ChildProcess {
    const instance = fork(join(this.#folder, 'runner.mjs'), [], {
      env: { ...this.#environment, LAMBDA_TASK_ROOT: this.#folder },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#instance = instance;
    this.#died = once(instance, 'exit').then(() => ['killed']);
    instance.once('exit', () => {
      this.#instance = this.#instance === instance ? undefined : this.#instance;
    });
    instance.stdout?.on('data', (chunk) => this.#lines.push(...String(chunk).split('\n').filter(Boolean)));

    return instance;
  }
}

/** Of Kafka `topic-0@12`. */
function identifierOf(identifier: string | { partition: string; offset: number }): string {
  return typeof identifier === 'string' ? identifier : `${identifier.partition}@${identifier.offset}`;
}
