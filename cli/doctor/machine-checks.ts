import { X509Certificate } from 'node:crypto';
import { findLocalFile, type LocalFile } from '../platform/local-file.ts';
import { bytesText } from '../screen/words.ts';
import { type PlatformPorts, PORT_NAMES } from '../start/ports.ts';
import { type Check, failed, passed, warned } from './check.ts';
import type { Machine } from './machine.ts';

export interface LocalPlace {
  /** The state folder, absolute. */
  readonly state: string;
  readonly ports: PlatformPorts;
  /** Whether the platform of the state folder answers. */
  readonly running: boolean;
}

const GB = 1_000_000_000;
/** A fresh state folder takes 0.2 GB; logs, streams and tables grow with use. */
const DISK_NEEDED = GB;
const DISK_COMFORT = 5 * GB;
/** MariaDB, the runtime and a process for every busy function. */
const MEMORY_COMFORT = 2 * GB;
const DAY_MS = 86_400_000;

/** Whether the platform can run on this machine. */
export async function machineChecks(machine: Machine, place: LocalPlace): Promise<Check[]> {
  return [
    nodeCheck(machine),
    await npmCheck(machine),
    await mariadbCheck(machine),
    ...(await portChecks(machine, place)),
    stateCheck(machine, place),
    await diskCheck(machine, place),
    memoryCheck(machine),
    ...certificateCheck(machine, place),
  ];
}

/** The CLI itself refuses to start on an older one; 24 is what functions run on. */
export function nodeCheck({ node }: Pick<Machine, 'node'>): Check {
  const [major = 0] = node.split('.').map(Number);

  return major >= 24
    ? passed('Node.js', node)
    : warned(
        'Node.js',
        node,
        'functions run on Node 24 in AWS: use it here too; "npm start" and "npx causeway" bring it',
      );
}

async function npmCheck(machine: Machine): Promise<Check> {
  const version = await machine.output('npm', ['--version']);

  return version === undefined
    ? warned('npm', 'not found', 'install it to install or update the project')
    : passed('npm', version);
}

async function mariadbCheck(machine: Machine): Promise<Check> {
  const server = machine.find('mariadbd');
  if (server === undefined) {
    const command = 'apt-get install -y --no-install-recommends mariadb-server-core';

    return machine.isRoot && machine.find('apt-get') !== undefined
      ? warned('MariaDB', 'not installed', `the first start installs it; by hand: ${command}`)
      : failed('MariaDB', 'not found', `install MariaDB 10.11 or later: ${command}, or brew install mariadb`);
  }
  const text = (await machine.output(server, ['--version'])) ?? '';
  const [, major, minor] = /\b(\d+)\.(\d+)\.\d+-MariaDB/.exec(text) ?? [];
  if (major === undefined || Number(major) * 100 + Number(minor) < 1011) {
    return failed('MariaDB', text || `${server} cannot be run`, 'install MariaDB 10.11 or later');
  }

  return passed('MariaDB', `${major}.${minor}, ${server}`);
}

async function portChecks(machine: Machine, { ports, running, state }: LocalPlace): Promise<Check[]> {
  if (running) {
    return [passed('ports', `in use by the platform that runs in ${state}`)];
  }
  const names = Object.keys(PORT_NAMES) as (keyof PlatformPorts)[];
  const free = await Promise.all(names.map((name) => machine.portIsFree(ports[name])));
  const taken = names.filter((_, index) => !free[index]).map((name) => `${ports[name]} (${PORT_NAMES[name]})`);

  return [
    taken.length === 0
      ? passed('ports', `${names.length} free on 127.0.0.1, from ${Math.min(...Object.values(ports))} on`)
      : failed('ports', `taken: ${taken.join(', ')}`, 'stop what listens there, or start with --port-base 20000'),
  ];
}

function stateCheck(machine: Machine, { state, running }: LocalPlace): Check {
  if (!machine.mayWrite(state)) {
    return failed('state folder', `${state} cannot be written`, 'choose another with --state, or change its owner');
  }
  const file = fileOf(state);
  if (file === 'broken') {
    return warned(
      'state folder',
      `local.json in ${state} cannot be read`,
      'start the platform again, which writes it anew',
    );
  }
  const says =
    file === undefined ? 'new at the first start' : running ? 'its platform runs' : 'its platform is stopped';

  return passed('state folder', `${state}: ${says}`);
}

async function diskCheck(machine: Machine, { state }: LocalPlace): Promise<Check> {
  const free = await machine.freeBytes(state);
  const found = `${bytesText(free)} free`;
  if (free < DISK_NEEDED) return failed('disk', found, 'make room: a database and streams need at least 1 GB');

  return free < DISK_COMFORT
    ? warned('disk', found, 'watch it: streams keep three days of messages')
    : passed('disk', found);
}

function memoryCheck({ memoryBytes }: Machine): Check {
  const found = `${bytesText(memoryBytes)}`;

  return memoryBytes < MEMORY_COMFORT
    ? warned('memory', found, 'MariaDB and the functions want 2 GB: expect it to be slow')
    : passed('memory', found);
}

/** Only where one was made: the authority that devices are told to trust. */
function certificateCheck(machine: Machine, { state }: LocalPlace): Check[] {
  const file = fileOf(state);
  const pem = typeof file === 'object' ? machine.read(file.mqtts.ca) : undefined;
  if (pem === undefined) {
    return [];
  }
  try {
    const days = Math.floor((Date.parse(new X509Certificate(pem).validTo) - machine.now()) / DAY_MS);

    return [
      days < 30
        ? warned(
            'certificate',
            `${days} days left`,
            'start again, which makes a new one, and give it to devices that keep it',
          )
        : passed('certificate', `valid for ${days} days`),
    ];
  } catch {
    return [failed('certificate', 'cannot be read', 'remove the folder mqtt/ of the state folder and start again')];
  }
}

function fileOf(state: string): LocalFile | undefined | 'broken' {
  try {
    return findLocalFile(state);
  } catch {
    return 'broken';
  }
}
