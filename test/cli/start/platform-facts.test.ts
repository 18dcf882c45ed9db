import { expect, test } from '@jest/globals';
import { platformFacts } from '../../../cli/start/platform-facts.ts';
import { CREDENTIALS, SECRETS } from '../samples.ts';

const SECRET_VALUES: Record<string, unknown> = {
  'arn:owner': { key: SECRETS.key, secret: SECRETS.secret, appCodes: SECRETS.appCodes },
  'arn:city': { key: 'city', secret: 'city-secret', appCodes: [] },
  'arn:sensors': { devices: [CREDENTIALS] },
  'arn:token': 'front-door',
  'arn:reader': { username: 'causeway_reader', password: 'pw' },
};

const secret = (arn: string) => JSON.stringify(SECRET_VALUES[arn]);

test('apps, devices, groups, management and database are read from outputs and secrets, in the order of the templates', () => {
  const facts = platformFacts({
    secret,
    outputs: {
      CausewayPlatform: {
        CausewayManagement: '{"restApi":"m1","stage":"RELEASE","url":"https://m1"}',
        CausewayDatabase: '{"cluster":"arn:c","database":"integration","reader":"arn:reader"}',
        CausewayMqtt: '{"domainConfiguration":"d"}',
        ExportsOutputRefSomething: 'not JSON at all',
      },
      CausewayParking: {
        CausewayAppParkingOwner: '{"app":"ParkingOwner","secret":"arn:owner"}',
        CausewayAppCity: '{"app":"City","secret":"arn:city"}',
        CausewayApiParking:
          '{"group":"Parking","name":"test-Parking","restApi":"a1","stage":"RELEASE","url":"https://a1"}',
        CausewayFilesDrop: '{"name":"Drop","bucket":"causewayparking-drop"}',
        CausewaySecretToken: '{"name":"Token","secret":"arn:token"}',
        CausewayDevicesParkingSensor: '{"product":"ParkingSensor","secret":"arn:sensors"}',
      },
    },
  });

  expect(facts).toEqual({
    apps: {
      ParkingOwner: { key: SECRETS.key, secret: SECRETS.secret, appCodes: SECRETS.appCodes },
      City: { key: 'city', secret: 'city-secret', appCodes: [] },
    },
    devices: [CREDENTIALS],
    groups: [{ group: 'Parking', name: 'test-Parking' }],
    management: 'm1',
    secrets: { Token: '"front-door"' },
    files: { Drop: 'causewayparking-drop' },
    database: { user: 'causeway_reader', password: 'pw', database: 'integration' },
  });
  expect(Object.keys(facts.apps)).toEqual(['ParkingOwner', 'City']);
});

test('templates without any of it give empty facts', () => {
  expect(platformFacts({ secret, outputs: { Other: { BucketName: 'b' } } })).toEqual({
    ...{ apps: {}, devices: [], groups: [], secrets: {}, files: {}, management: undefined, database: undefined },
  });
});
