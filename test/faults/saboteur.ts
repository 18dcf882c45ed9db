import { renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lot } from './lot.ts';
import { functionProcesses, signal } from './processes.ts';

/** Does its harm until it has done it all, or the traffic is over; answers what it did. */
export type Saboteur = (scene: Scene) => Promise<Readonly<Record<string, number>>>;

export interface Scene {
  readonly lot: Lot;
  readonly random: () => number;
  /** The part of the messages that is acknowledged, 0 to 1. */
  progress(): number;
  /** Aborted when all messages are acknowledged. */
  readonly over: AbortSignal;
}

const LOOK_MS = 50;

export const noHarm: Saboteur = async () => ({});

/** Several at once. */
export function together(...saboteurs: readonly Saboteur[]): Saboteur {
  return async (scene) => Object.assign({}, ...(await Promise.all(saboteurs.map((saboteur) => saboteur(scene)))));
}

/** Longer than a consumer takes from one statement of a batch to the next. */
const HOLD_MS = 200;

/**
 * SIGKILLs every process of every function once a second: in turns at any moment, and while a statement is on its way, which the database
 * executes all the same when the one who sent it is dead.
 */
export const killFunctions: Saboteur = async ({ lot, random, over }) => {
  let killed = 0;
  const kill = () => {
    killed += functionProcesses(lot.pid).filter(({ pid }) => signal(pid, 'SIGKILL')).length;
  };
  for (let second = 0; !over.aborted; second += 1) {
    const started = performance.now();
    await sleep(random() * 400);
    if (second % 2 === 0) kill();
    else await betweenStatements(lot, random, kill);
    await sleep(Math.max(0, 1000 - (performance.now() - started)));
  }

  return { functionsKilled: killed };
};

/** Acts while the database is held, shortly after a statement of a consumer: what its batch still has to say is on its way then. */
async function betweenStatements(lot: Lot, random: () => number, act: () => void): Promise<void> {
  const database = lot.databasePids();
  await lot.statement(700);
  await sleep(random() * 4);
  for (const pid of database) signal(pid, 'SIGSTOP');
  try {
    await sleep(HOLD_MS);
    act();
  } finally {
    for (const pid of database) signal(pid, 'SIGCONT');
  }
}

/** SIGKILLs MariaDB so many times, spread over the traffic. */
export function killDatabase(times: number): Saboteur {
  return async (scene) => {
    let killed = 0;
    for (let time = 1; time <= times && (await reached(scene, time / (times + 1))); time += 1) {
      await inTheMiddle(scene.lot, scene.random);
      killed += await killSoon(scene);
    }

    return { databasesKilled: killed };
  };
}

/** SIGKILLs the runtime so many times, in turns with everything below it and alone, and starts it again. */
export function killRuntime(times: number): Saboteur {
  return async (scene) => {
    let killed = 0;
    for (let time = 1; time <= times && (await reached(scene, time / (times + 1))); time += 1) {
      await scene.lot.killRuntime(time % 2 === 1);
      killed += 1;
    }

    return { runtimesKilled: killed };
  };
}

/** Deploys the lot with other templates so many times, in turns with these and with its own, spread over the traffic. */
export function redeploy(integration: string, times: number): Saboteur {
  return async (scene) => {
    let deployed = 0;
    for (let time = 1; time <= times && (await reached(scene, time / (times + 1))); time += 1) {
      await scene.lot.redeploy(time % 2 === 1 ? integration : 'parking');
      deployed += 1;
    }

    return { deployments: deployed };
  };
}

/**
 * Takes the database away for so long: its data folder is moved aside, so that MariaDB dies and every attempt to start it again fails,
 * until the folder is back.
 */
export function databaseOutage(seconds: number): Saboteur {
  return async (scene) => {
    if (!(await reached(scene, 0.1))) return { outageSeconds: 0 };
    const folder = scene.lot.databaseFolder();
    const aside = `${folder}-aside`;
    const started = performance.now();
    renameSync(folder, aside);
    try {
      scene.lot.signalDatabase('SIGKILL');
      await sleep(seconds * 1000);
    } finally {
      renameSync(aside, folder);
    }

    return { outageSeconds: Math.round((performance.now() - started) / 1000) };
  };
}

/** Stops MariaDB in its tracks for so long: connections hang instead of being refused. */
export function databaseFreeze(seconds: number): Saboteur {
  return async (scene) => {
    if (!(await reached(scene, 0.1))) return { frozenSeconds: 0 };
    scene.lot.signalDatabase('SIGSTOP');
    try {
      await sleep(seconds * 1000);
    } finally {
      scene.lot.signalDatabase('SIGCONT');
    }

    return { frozenSeconds: seconds };
  };
}

/** Resolves shortly after a consumer's statement, when others of its batch are still to come; without one, after half a second. */
async function inTheMiddle(lot: Lot, random: () => number): Promise<void> {
  await lot.statement(500);
  await sleep(random() * 10);
}

/** A database that is just being started again is waited for. */
async function killSoon({ lot, over }: Scene): Promise<number> {
  for (;;) {
    const killed = lot.signalDatabase('SIGKILL');
    if (killed > 0 || over.aborted) return killed;
    await sleep(LOOK_MS);
  }
}

/** False when the traffic was over before. */
async function reached({ progress, over }: Scene, part: number): Promise<boolean> {
  while (progress() < part && !over.aborted) await sleep(LOOK_MS);

  return progress() >= part;
}
