import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { RunEvent } from '../../../core/fdi/run-control.ts';
import type { ScheduledTask } from '../../../core/fdi/run-definition.ts';
import type { ChildMessage, ChildOrder } from './attempt-child.ts';
import { type CallOrder, call, type Told } from './call.ts';
import type { Databases } from './databases.ts';
import type { Engine, Pair } from './scene.ts';
import type { Outcome } from './trial.ts';

const ROWS = 16;
/** Committed before the second call of the schedule: the run that it is for finds them. */
const LATE = 5;
const MOST_CALLS = 30;
const CALM = async () => undefined;

/** Which call of the function is killed, from 1, at which of its steps, and whether Lambda's second attempt comes before what else is to be called. */
export interface Kill {
  readonly call: number;
  readonly step: number;
  readonly isFirst: boolean;
}

/**
 * A task with `overlap: 'wait'` whose run takes several calls of its function, and whose schedule calls between two of them: exactly one run
 * follows, whichever process dies where.
 */
export class OverlapTrial {
  readonly #databases: Databases;
  readonly #source: Engine;
  readonly #target: Engine;
  readonly #task: ScheduledTask;
  #queue: RunEvent[] = [];
  #others = 0;

  constructor(databases: Databases, pair: Pair) {
    this.#databases = databases;
    const { source, target } = databases.sidesOf(pair);
    this.#source = source;
    this.#target = target;
    this.#task = taskOf(target.side.kind === 'platform');
  }

  async prepare(): Promise<void> {
    await this.#source.run('DROP TABLE IF EXISTS source');
    await this.#source.run('CREATE TABLE source (Id BIGINT PRIMARY KEY, Name VARCHAR(40) NOT NULL)');
    for (const table of ['target', 'touched', 'finished']) {
      await this.#target.run(`DROP TABLE IF EXISTS ${table}`);
    }
    await this.#target.run('CREATE TABLE target (Id BIGINT NOT NULL, Name VARCHAR(20) NOT NULL)');
    await this.#target.run('CREATE TABLE finished (N BIGINT NOT NULL)');
  }

  /** At every so many steps of each call, from this step on. */
  async everyStep(stride: number, first = 1): Promise<Outcome> {
    const outcomes: Outcome[] = [];
    for (let number = 1; ; number += 1) {
      const before = outcomes.length;
      for (let step = first; ; step += stride) {
        const outcome = await this.round({ call: number, step, isFirst: outcomes.length % 2 === 0 });
        outcomes.push(outcome);
        if (outcome.kills === 0) {
          break;
        }
      }
      if (outcomes.length === before + 1) {
        break;
      }
    }

    return {
      kills: outcomes.reduce((sum, { kills }) => sum + kills, 0),
      rounds: outcomes.length,
      findings: outcomes.flatMap(({ findings }) => findings),
    };
  }

  /** The whole story once, with one kill; none if there is no such step. */
  async round(kill: Kill): Promise<Outcome> {
    await this.#reset();
    this.#queue = [{ due: new Date().toISOString() }];
    let [kills, calls, isDue] = [0, 0, false];
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      calls += 1;
      if (calls > MOST_CALLS) {
        return { kills, rounds: 1, findings: [`${JSON.stringify(kill)}: it never comes to an end`] };
      }
      const end = await this.#called(event, calls === kill.call ? kill.step : undefined);
      if (end === 'killed') {
        kills += 1;
        await this.#release();
        this.#queue[kill.isFirst ? 'unshift' : 'push'](event);
      } else if (end === 'busy') {
        // Nobody else is at work: what rolled the dead process's transaction back brought its minute back as well.
        await this.#release();
        this.#queue.unshift(event);
      }
      const isBetween = this.#queue.some((next) => 'resume' in next);
      if (isBetween && !isDue) {
        isDue = true;
        await this.#put(ROWS, LATE);
        this.#queue.unshift({ due: new Date().toISOString() });
      }
    }

    return { kills, rounds: 1, findings: (await this.#judge()).map((text) => `${JSON.stringify(kill)}: ${text}`) };
  }

  async #judge(): Promise<string[]> {
    const ids = (await this.#target.run('SELECT Id AS id FROM target')).map(({ id }) => Number(id));
    const finished = (await this.#target.run('SELECT N AS n FROM finished')).length;
    const log = await this.#databases.platform.run('SELECT State AS state, Cause AS cause FROM causeway.run');
    const waits = log.filter(({ state }) => state === 'waiting').length;
    // A second attempt that meets the first one's minute is skipped.
    const unended = log.filter(({ state }) => !/^(?:waiting|skipped|succeeded)$/.test(String(state))).length;
    const findings: string[] = [];
    const say = (isWrong: boolean, text: string) => void (isWrong && findings.push(text));
    say(
      ids.length !== ROWS + LATE || new Set(ids).size !== ids.length,
      `${ids.length} rows in place of ${ROWS + LATE}`,
    );
    say(finished !== 2, `${finished} runs have ended in place of 2`);
    say(this.#others < 2, `the other task was called ${this.#others} times in place of 2`);
    say(waits !== 1, `${waits} entries of the log say that a run waits`);
    say(unended > 0, `${unended} runs of the log have no end`);

    return findings;
  }

  async #reset(): Promise<void> {
    this.#others = 0;
    await this.#source.run('DELETE FROM source');
    await this.#put(0, ROWS);
    await this.#target.run('DELETE FROM target');
    await this.#target.run('DELETE FROM finished');
    await this.#target.run(
      this.#target.side.kind === 'platform'
        ? 'DELETE FROM causeway.run_position'
        : 'DROP TABLE IF EXISTS causeway_position',
    );
    await this.#databases.platform.run('DELETE FROM causeway.run');
  }

  async #put(from: number, count: number): Promise<void> {
    const values = Array.from({ length: count }, (_, at) => `(${from + at}, 'row ${from + at}')`);
    await this.#source.run(`INSERT INTO source VALUES ${values.join()}`);
  }

  #taken({ to, event }: Told): void {
    if (to === 'own') {
      this.#queue.push(event);
    } else {
      this.#others += 1;
    }
  }

  /** @returns how it ended; `killed` at that step */
  async #called(event: RunEvent, step: number | undefined): Promise<string> {
    const order: CallOrder = {
      ...{ task: this.#task, source: this.#source.side, target: this.#target.side },
      event,
    };
    if (step === undefined) {
      return call(order, CALM, async (told) => this.#taken(told));
    }
    const child = fork(this.#databases.program, { env: process.env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const end = await this.#endOf(child, { ...order, haltAt: { side: 'target', step } });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;

    return end;
  }

  #endOf(child: ChildProcess, order: ChildOrder): Promise<string> {
    return new Promise((resolve, reject) => {
      child.on('message', (message: ChildMessage) => {
        if (message === 'ready') {
          child.send(order);
        } else if (message === 'halted') {
          resolve('killed');
        } else if ('told' in message) {
          this.#taken(message.told);
          child.send('taken');
        } else if (message.report.end === 'thrown') {
          reject(new Error(`the process cannot work: ${message.report.message}`));
        } else {
          resolve(message.report.end);
        }
      });
    });
  }

  /** As if the dead process's minute were over. */
  async #release(): Promise<void> {
    const table = this.#target.side.kind === 'platform' ? 'causeway.run_position' : 'causeway_position';
    await this.#target.run(`UPDATE ${table} SET HeldUntil = NULL`).catch(() => undefined);
  }
}

function taskOf(isPlatform: boolean): ScheduledTask {
  return {
    name: 'Copy',
    source: {
      ...{ kind: 'database', place: 'external', table: 'source', timeZone: 'UTC' },
      increment: { column: 'Id', boundary: 'open', overlap: 0 },
    },
    target: {
      ...{ kind: 'database', place: isPlatform ? 'platform' : 'external', table: 'target', write: 'insert', keys: [] },
      onlyChanged: false,
    },
    mapping: 'by-name',
    overlap: 'wait',
    after: [{ sql: 'INSERT INTO finished SELECT COUNT(*) FROM target', on: 'target' }, { task: 'Other' }],
    pageSize: 3,
  };
}
