import { UNKNOWN_CLIENT } from './device-event.ts';

/** Log-ins of one client id that were refused. */
export interface CountedRefusals {
  /** That of a device; `unknown` for all that no device has. */
  readonly clientId: string;
  readonly count: number;
  /** Milliseconds since the epoch: the last. */
  readonly at: number;
  /** Of the last: `WrongPassword`. */
  readonly reason: string;
}

export interface RefusalCounterPorts {
  readonly add: (refusals: CountedRefusals) => Promise<unknown>;
  /** Counting must not keep anybody out, nor let anybody in. */
  readonly failed: (error: unknown) => void;
}

interface Counted {
  readonly writtenAt: number;
  readonly since: number;
}

/** One write in so long a client id: an attack cannot make as many writes as it makes log-ins. */
const PAUSE_MS = 10_000;
/** Client ids of devices that are attacked at the same time. */
const MAX_CLIENTS = 1000;
/** The authorizer's words for log-ins that it has found a device for; nobody can make up client ids that are counted by themselves. */
const OF_A_DEVICE: ReadonlySet<string> = new Set([
  'WrongPassword',
  'DeviceDisabled',
  'DeviceBehindAGateway',
  'CertificateRevoked',
  'CertificateOfAnotherDevice',
]);

/**
 * Counts refused log-ins. The first of a client id is written at once, those after it with the first that comes ten seconds later: what an
 * instance had not written when it ended is lost, a few seconds' at most.
 */
export function refusalCounter({ add, failed }: RefusalCounterPorts) {
  const counted = new Map<string, Counted>();

  return async (login: {
    readonly clientId: string | undefined;
    readonly reason: string;
    readonly at: number;
  }): Promise<void> => {
    const { reason, at } = login;
    const clientId = OF_A_DEVICE.has(reason) && login.clientId !== undefined ? login.clientId : UNKNOWN_CLIENT;
    const known = counted.get(clientId);
    const count = (known?.since ?? 0) + 1;
    if (known !== undefined && at - known.writtenAt < PAUSE_MS) {
      counted.set(clientId, { ...known, since: count });
      return;
    }
    if (counted.size >= MAX_CLIENTS) {
      counted.clear();
    }
    counted.set(clientId, { writtenAt: at, since: 0 });
    try {
      await add({ clientId, count, at, reason });
    } catch (error) {
      failed(error);
    }
  };
}
