import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { checkPortsFree, MAX_PORT_BASE, platformPorts } from '../../../cli/start/ports.ts';

test('without a base they are the usual ones', () => {
  expect(platformPorts()).toEqual({
    ...{ mqtt: 1883, mqtts: 8883, apis: 8080, management: 8081, console: 8090, mysql: 3307, aws: 8082 },
  });
});

test('from a base they are seven in a row', () => {
  expect(platformPorts(20000)).toEqual({
    ...{ mqtt: 20000, mqtts: 20001, apis: 20002, management: 20003, console: 20004, mysql: 20005, aws: 20006 },
  });
  expect(platformPorts(MAX_PORT_BASE).aws).toBe(65535);
});

test('a taken port is named with what it is for and the way out', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const check = checkPortsFree({ mqtt: 0, mqtts: port, apis: 0, management: 0, console: port, mysql: 0, aws: 0 });

  await expect(check).rejects.toThrow(
    `Port ${port} (MQTTS) is taken by another program. Stop it, or choose other ports, such as --port-base 20000.`,
  );
  await new Promise((done) => server.close(done));
});
