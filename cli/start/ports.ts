import { createServer } from 'node:net';
import { CommandFailed } from '../errors.ts';

/** The doors of a platform on this machine, all on 127.0.0.1. */
export interface PlatformPorts {
  readonly mqtt: number;
  readonly mqtts: number;
  readonly apis: number;
  readonly management: number;
  /** Kept for the console; nothing listens there yet. */
  readonly console: number;
  readonly mysql: number;
  /** The endpoint that the functions' SDK clients are pointed at. */
  readonly aws: number;
}

const DEFAULTS: PlatformPorts = {
  ...{ mqtt: 1883, mqtts: 8883, apis: 8080, management: 8081, console: 8090, mysql: 3307, aws: 8082 },
};

export const PORT_NAMES: Readonly<Record<keyof PlatformPorts, string>> = {
  mqtt: 'MQTT',
  mqtts: 'MQTTS',
  apis: 'APIs',
  management: 'management API',
  console: 'console',
  mysql: 'MySQL',
  aws: 'AWS endpoint',
};

/** The ports in use: the usual ones, or seven in a row from a base, in the order of `PlatformPorts`. */
export function platformPorts(base?: number): PlatformPorts {
  if (base === undefined) {
    return DEFAULTS;
  }
  const names = Object.keys(DEFAULTS) as (keyof PlatformPorts)[];

  return Object.fromEntries(names.map((name, offset) => [name, base + offset])) as unknown as PlatformPorts;
}

/** The highest base that leaves room for all of them. */
export const MAX_PORT_BASE = 65_535 - Object.keys(DEFAULTS).length + 1;

/** Nothing listens for the console yet; a MariaDB that outlived its killed runtime is ended by the next one. */
const UNCHECKED: readonly (keyof PlatformPorts)[] = ['console', 'mysql'];

/** Refuses before anything is started, and names the ports that someone else has. */
export async function checkPortsFree(ports: PlatformPorts): Promise<void> {
  const names = (Object.keys(PORT_NAMES) as (keyof PlatformPorts)[]).filter((name) => !UNCHECKED.includes(name));
  const free = await Promise.all(names.map((name) => portIsFree(ports[name])));
  const taken = names.filter((_, index) => !free[index]).map((name) => `${ports[name]} (${PORT_NAMES[name]})`);
  if (taken.length > 0) {
    const [are, them] = taken.length === 1 ? ['Port', 'is'] : ['Ports', 'are'];
    throw new CommandFailed(
      `${are} ${taken.join(', ')} ${them} taken by another program. Stop it, or choose other ports, such as --port-base 20000.`,
    );
  }
}

export function portIsFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer()
    .once('error', () => resolve(false))
    .once('listening', () => server.close(() => resolve(true)));
  server.listen(port, '127.0.0.1');

  return promise;
}
