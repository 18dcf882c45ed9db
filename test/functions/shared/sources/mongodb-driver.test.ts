import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';
import { driverProblem } from '../../../../core/fdi/driver-problem.ts';
import { parseMongoUrl } from '../../../../core/fdi/mongo-url.ts';
import { openMongo } from '../../../../functions/shared/runs/run-mongo.ts';
import { open as driverOpen } from '../../../../functions/shared/sources/mongodb-driver.ts';
import { mongoMembers } from '../../../../functions/shared/sources/mongodb-members.ts';
import { mongoClient, oneMongo, privateMongo } from './mongo-fixture.ts';

const mongo = oneMongo();
const { folder, start, end } = privateMongo();

beforeEach(() => {
  process.env['CAUSEWAY_LOOPBACK'] = 'allowed';
});

/** What becomes of a ping: `ok`, or the kind of the problem. */
async function ping(login: Parameters<typeof openMongo>[0]): Promise<string> {
  try {
    const session = await openMongo(login, 10_000, async () => ({ open: driverOpen }));
    const { ok } = await session.command({ ping: 1 }).finally(() => session.close());

    return JSON.stringify(ok) === '{"$numberDouble":"1.0"}' ? 'ok' : JSON.stringify(ok);
  } catch (error) {
    const { kind, problem } = driverProblem(error);

    return `${kind}: ${problem}`;
  }
}

test('the member that takes writes is found, and addresses inside of the platform are refused', async () => {
  expect(await ping({ url: mongo.url })).toBe('ok');
  expect(await ping({ url: `mongodb://127.0.0.1:1,127.0.0.1:${mongo.port}/shop` })).toBe('ok');
  expect(await ping({ url: `${mongo.url}?replicaSet=other` })).toContain('is of the set');
  expect(await ping({ url: 'mongodb://127.0.0.1:1/shop' })).toMatch(/^network: nobody listens/);
  expect(await ping({ url: 'mongodb://169.254.169.254/shop' })).toMatch(/^address: its address is one/);
  delete process.env['CAUSEWAY_LOOPBACK'];
  expect(await ping({ url: mongo.url })).toMatch(/^address: its address is one/);
}, 60_000);

test('with a login and TLS: the right password, the right authority, the right name', async () => {
  const open = await start([], 'secured');
  const owner = await mongoClient(open.port);
  await owner.db('admin').command({ createUser: 'me', pwd: 'sesame', roles: [{ role: 'readWrite', db: 'shop' }] });
  await owner.close();
  await end(open);
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  const { port } = await start(['--auth', '--tls-cert-file', certFile, '--tls-key-file', keyFile], 'secured');
  const [url, ca] = [`mongodb://localhost:${port}/shop`, readFileSync(certFile, 'utf8')];
  const login = { url, user: 'me', password: 'sesame', ca };

  expect(await ping(login)).toBe('ok');
  expect(await ping({ ...login, password: 'wrong' })).toMatch(
    /^login: user or password is not right.*AuthenticationFailed/,
  );
  expect(await ping({ ...login, ca: '', url: `${url}?tls=true` })).toMatch(/^tls: nobody that is trusted vouches/);
  expect(await ping({ ...login, url: url.replace('localhost', '127.0.0.1') })).toMatch(
    /^tls: its certificate is for another name/,
  );
}, 60_000);

const SRV = parseMongoUrl('mongodb+srv://cluster.example.com/shop');

test('of mongodb+srv DNS names the members, of the same domain only', async () => {
  const txt = async () => [['authSource=admin&', 'replicaSet=rs0']];
  const members = (name: string) => mongoMembers(SRV, { srv: async () => [{ name, port: 27_018 }], txt });

  expect(await members('a.example.com')).toEqual({
    hosts: [{ host: 'a.example.com', port: 27_018 }],
    replicaSet: 'rs0',
  });
  await expect(members('a.example.org')).rejects.toThrow('of another domain');
  await expect(members('example.com.evil.org')).rejects.toThrow('of another domain');
});
