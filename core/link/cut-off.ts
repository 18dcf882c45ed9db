export interface CutOffPorts {
  /** Ends a device's connection at once; nothing happens when it has none. */
  readonly cutConnection: (clientId: string) => Promise<void>;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** Longer than a log-in takes from the moment it has read the device's credentials: a password check and a few network calls. */
const LOGIN_MS = 1000;

/**
 * Ends the connection of a device whose credentials have just been changed. Twice, because a log-in that had read the old ones at that moment
 * is connected only after the first cut; it would stay until it is judged again, which AWS IoT does every five minutes at most.
 */
export async function cutOff({ cutConnection, pause }: CutOffPorts, clientId: string): Promise<void> {
  await cutConnection(clientId);
  await pause(LOGIN_MS);
  await cutConnection(clientId);
}
