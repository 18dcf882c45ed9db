import { type MongoAddress, parseMongoUrl, verifiedMongo } from '../../../core/fdi/mongo-url.ts';
import type { MongoSession, OpenMongo } from '../../../core/fdi/run-mongo-port.ts';
import { codeBeside } from '../code-beside.ts';
import type { MongoLogin } from '../sources/mongodb-driver.ts';
import type { DatabaseLogin } from './driver-session.ts';
import { loginOf, type Side } from './run-login.ts';

/** What the driver's file exports. */
export interface MongoDriver {
  open(login: MongoLogin, timeMs: number): Promise<MongoSession>;
}

/** To find the member that takes writes among some of which the first may be away. */
const OPEN_MS = 25_000;

/** Sessions of the MongoDB that the function's environment names. */
export function runMongo(side: Side): OpenMongo {
  return async () => openMongo(await loginOf(side), OPEN_MS);
}

/** @throws InvalidSetting for a URL that names no MongoDB, else whatever the way to it says */
export async function openMongo(
  login: DatabaseLogin,
  timeMs: number,
  driver: () => Promise<MongoDriver> = () => codeBeside<MongoDriver>('drivers/mongodb.mjs'),
): Promise<MongoSession> {
  const { user, password, ca } = login;
  const address = mongoAddress(login);
  const { open } = await driver();

  return open(
    {
      ...{ address, user: user ?? address.user ?? '', password: password ?? address.password ?? '' },
      ...(ca !== undefined && { ca }),
    },
    timeMs,
  );
}

export function mongoAddress({ url, ca }: Pick<DatabaseLogin, 'url' | 'ca'>): MongoAddress {
  const address = parseMongoUrl(url);

  return ca === undefined ? address : verifiedMongo(address, url);
}
