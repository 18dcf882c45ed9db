import { expect, test } from '@jest/globals';
import picocolors from 'picocolors';
import type { Api } from '../../../cli/management-client.ts';
import { pairsTable } from '../../../cli/screen/table.ts';
import { readyScreen } from '../../../cli/start/ready-screen.ts';
import { CREDENTIALS, FREE, SECRETS, SPACE } from '../samples.ts';

const FILE = {
  ready: true,
  pid: 1,
  mqtt: { url: 'mqtt://127.0.0.1:20000' },
  mqtts: { url: 'mqtts://127.0.0.1:20001', ca: '/state/ca.pem' },
  apis: { Parking: { url: 'http://127.0.0.1:20002/Parking' } },
  management: { url: 'http://127.0.0.1:20003', token: 'the-token' },
  aws: {
    endpoint: 'http://127.0.0.1:8082',
    region: 'us-east-1',
    accessKeyId: 'AKIALOCAL',
    secretAccessKey: 'of-local',
  },
  console: { url: 'http://127.0.0.1:20004' },
  mysql: { host: '127.0.0.1', port: 20005, user: 'reader', password: 'pw', database: 'integration' },
  apps: { ParkingOwner: { key: SECRETS.key, secret: SECRETS.secret, appCodes: SECRETS.appCodes } },
  devices: [CREDENTIALS, { ...CREDENTIALS, device: 'S-102' }, { ...CREDENTIALS, device: 'S-103' }],
};

const drawing = {
  colours: picocolors.createColors(false),
  pairs: (pairs: Parameters<typeof pairsTable>[0]) => pairsTable(pairs, { heading: (text) => text }),
};

function screen(changes: Partial<typeof FILE> = {}, apis: readonly unknown[] = [SPACE, FREE]): string {
  return readyScreen(
    {
      file: { ...FILE, ...changes },
      path: '.causeway/local.json',
      logs: '.causeway/logs',
      apis: apis as Api[],
      stateOption: ' --state .second',
    },
    drawing,
  );
}

test('it holds every address and the credentials to start with, and no app secret', () => {
  const text = screen();

  for (const { url } of [FILE.mqtt, FILE.mqtts, FILE.apis.Parking, FILE.management]) expect(text).toContain(url);
  expect(text).toContain('127.0.0.1:20005  user reader  password pw');
  expect(text).toContain(SECRETS.appCodes[0]);
  expect(text).toContain(CREDENTIALS.password);
  expect(text).toContain('1 more devices');
  expect(text).not.toContain(SECRETS.secret);
  expect(text).not.toContain('the-token');
  // Its port is kept, and nothing listens there yet.
  expect(text).not.toContain('20004');
});

test('the three things to try are whole command lines for this platform', () => {
  const lines = screen()
    .split('\n')
    .map((line) => line.trim());

  expect(lines).toContain(
    `mosquitto_pub -h 127.0.0.1 -p 20000 -i ${CREDENTIALS.clientId} -u ${CREDENTIALS.username} -P '${CREDENTIALS.password}' -q 1 -t ${CREDENTIALS.publish} -m '{"deviceId":"S-101","status":"0"}'`,
  );
  expect(lines).toContain(
    `curl -H 'X-Apig-AppCode: ${SECRETS.appCodes[0]}' http://127.0.0.1:20002/Parking/parking/free`,
  );
  expect(lines).toContain('npx causeway api call Parking/Free --state .second');
});

test('a platform without devices and APIs has nothing to try, and says so by silence', () => {
  const text = screen({ devices: [], apps: {} as never }, []);

  expect(text).toContain('Causeway is ready.');
  expect(text).not.toContain('mosquitto_pub');
  expect(text).not.toContain('curl');
});
