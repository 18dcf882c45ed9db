import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AttemptReport, attempt, type Order } from './attempt.ts';
import type { ChildOrder } from './attempt-child.ts';
import type { Variant } from './broken.ts';
import type { Databases } from './databases.ts';
import { judgeCopy } from './judge-copy.ts';
import { type Engine, type Kind, type Pair, Scene } from './scene.ts';
import type { StepSide } from './stepped.ts';

/** What came of killing the processes of one task. */
export interface Outcome {
  readonly kills: number;
  readonly rounds: number;
  /** In words, whatever of a round does not add up. */
  readonly findings: readonly string[];
}

export interface TrialProps {
  readonly databases: Databases;
  readonly pair: Pair;
  readonly kind: Kind;
  readonly variant?: Variant | undefined;
}

/** What a dead process left open is waited for, as long as a run takes: a process after several others would never get past its beginning. */
const KILLS_IN_A_ROW = 4;
/** A place that a dead process held may be waited for that often. */
const TRIES = 5;
const CALM = async () => undefined;

/** One task whose processes are killed, round by round; each round begins with the same tables. */
export class Trial {
  readonly #scene: Scene;
  readonly #order: Order;
  readonly #target: Engine;
  readonly #platform: Engine;
  readonly #program: string;
  /** Started in advance: a process takes longer to start than a run. */
  #spare: Promise<ChildProcess> | undefined;

  constructor({ databases, pair, kind, variant }: TrialProps) {
    const { source, target } = databases.sidesOf(pair);
    this.#scene = new Scene(kind, source, target);
    this.#target = target;
    this.#platform = databases.platform;
    this.#program = databases.program;
    this.#order = {
      task: this.#scene.task,
      source: source.side,
      target: target.side,
      ...(variant !== undefined && { variant }),
    };
  }

  prepare(): Promise<void> {
    return this.#scene.build();
  }

  /** Before and behind every statement of each of its runs, once. @param stride every so many of them, from this one on */
  async everyStep(stride: number, first = 1): Promise<Outcome> {
    const outcomes: Outcome[] = [];
    for (let run = 1; run <= this.#scene.runs; run += 1) {
      for (const side of ['target', 'source'] as const) {
        for (let step = first; ; step += stride) {
          const outcome = await this.atStep(run, side, step);
          outcomes.push(outcome);
          if (outcome.kills === 0) {
            break;
          }
        }
      }
    }

    return {
      kills: outcomes.reduce((sum, { kills }) => sum + kills, 0),
      rounds: outcomes.length,
      findings: outcomes.flatMap(({ findings }) => findings),
    };
  }

  /** One round with one kill; none if the run has no such step. @param run from 1 */
  async atStep(run: number, side: StepSide, step: number): Promise<Outcome> {
    const findings: string[] = [];
    const kills = await this.#round(findings, `run ${run}, ${side}'s step ${step}`, async (at) =>
      at === run ? Number(await this.#killed({ haltAt: { side, step } })) : 0,
    );

    return { kills, rounds: 1, findings };
  }

  /** Some of the processes of every run, at random instants; the one after them ends it. */
  async randomInstants(wanted: number, random: () => number): Promise<Outcome> {
    const findings: string[] = [];
    const lifeMs = await this.#lifeMs();
    let [kills, rounds] = [0, 0];
    while (kills < wanted) {
      rounds += 1;
      const left = wanted - kills;
      kills += await this.#round(findings, `round ${rounds}`, async (_run, before) => {
        let killed = 0;
        const most = Math.min(KILLS_IN_A_ROW, left - before);
        while (killed < most && (await this.#killed({ afterMs: random() * lifeMs }))) {
          killed += 1;
        }

        return killed;
      });
    }

    return { kills, rounds, findings };
  }

  async close(): Promise<void> {
    const spare = await this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) {
      await ended(spare);
    }
  }

  /** All runs of the task, each ended by a process that nobody kills. @param kill answers how many it killed in this run */
  async #round(
    findings: string[],
    name: string,
    kill: (run: number, before: number) => Promise<number>,
  ): Promise<number> {
    await this.#scene.reset();
    await this.#platform.run('DELETE FROM causeway.quarantine');
    let kills = 0;
    let report: AttemptReport | undefined;
    for (let run = 1; run <= this.#scene.runs; run += 1) {
      if (run > 1) {
        await this.#scene.change();
      }
      kills += await kill(run, kills);
      report = await this.#ended();
    }
    const seen = await this.#evidence();
    findings.push(
      ...judgeCopy(this.#scene.truth(), { ...seen, report: report as AttemptReport }).map((text) => `${name}: ${text}`),
    );

    return kills;
  }

  /** In this process, as the next call of the function. */
  async #ended(): Promise<AttemptReport> {
    for (let tries = 1; ; tries += 1) {
      const report = await attempt(this.#order, CALM);
      if (report.end !== 'busy' || tries === TRIES) {
        return report;
      }
      // What rolled the dead process's transaction back brought its minute back as well.
      await this.#release();
    }
  }

  /** How long a run takes that nobody kills, and a bit: instants are chosen from it. */
  async #lifeMs(): Promise<number> {
    await this.#scene.reset();
    const child = await this.#process();
    const from = performance.now();
    child.send(this.#order);
    await once(child, 'message');
    const tookMs = performance.now() - from;
    await ended(child);

    return tookMs * 1.2;
  }

  /** @returns whether the process was killed before it was done */
  async #killed({ haltAt, afterMs }: Pick<ChildOrder, 'haltAt'> & { readonly afterMs?: number }): Promise<boolean> {
    const child = await this.#process();
    child.send({ ...this.#order, ...(haltAt !== undefined && { haltAt }) } satisfies ChildOrder);
    const said = once(child, 'message').then(([message]) => message as unknown);
    const now = Promise.withResolvers<'now'>();
    const timer = afterMs === undefined ? undefined : setTimeout(() => now.resolve('now'), afterMs);
    const message = await Promise.race([said, now.promise]);
    clearTimeout(timer);
    await ended(child);
    await this.#release();

    if (isThrown(message)) {
      throw new Error(`the process cannot work: ${message.report.message}`);
    }

    return message === 'halted' || message === 'now';
  }

  async #process(): Promise<ChildProcess> {
    const child = await (this.#spare ?? started(this.#program));
    this.#spare = started(this.#program);

    return child;
  }

  /** As if the dead process's minute were over. What it left open may still hold the row. */
  async #release(): Promise<void> {
    const table = this.#target.side.kind === 'platform' ? 'causeway.run_position' : 'causeway_position';
    await this.#target.run(`UPDATE ${table} SET HeldUntil = NULL`).catch(() => undefined);
  }

  async #evidence() {
    const rows = await this.#target.run('SELECT Id AS id, Name AS name FROM target');
    const touched = await this.#target.run('SELECT Id AS id FROM touched');
    const rejected = await this.#platform.run('SELECT PartitionKey AS position FROM causeway.quarantine');

    return {
      rows: rows.map(({ id, name }) => ({ id: Number(id), name: String(name) })),
      touched: touched.map(({ id }) => Number(id)),
      rejected: rejected.map(({ position }) => Number(/id=(\d+)/i.exec(String(position))?.[1])),
    };
  }
}

function isThrown(message: unknown): message is { readonly report: AttemptReport } {
  return typeof message === 'object' && (message as { report?: AttemptReport }).report?.end === 'thrown';
}

async function started(program: string): Promise<ChildProcess> {
  const child = fork(program, { env: process.env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');

  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
