/** Documents of the management API, as the platform answers them. */

export const CREDENTIALS = {
  product: 'ParkingSensor',
  device: 'S-101',
  clientId: 'd0123456789abcdef0123',
  username: 'd0123456789abcdef0123',
  password: 'Shown-0nce-only',
  publish: 'a1b2c3/out/S-101',
  subscribe: 'a1b2c3/in/S-101',
};

export const FREE = {
  name: 'Parking/Free',
  group: 'Parking',
  stage: 'RELEASE',
  app: 'ParkingOwner',
  method: 'GET',
  path: '/parking/free',
  auth: 'app',
  appCode: true,
  parameters: [],
  url: 'https://abc.execute-api.us-east-1.amazonaws.com/RELEASE/parking/free',
};

export const SPACE = {
  ...FREE,
  name: 'Parking/Space',
  path: '/parking/spaces/{deviceId}',
  url: 'https://abc.execute-api.us-east-1.amazonaws.com/RELEASE/parking/spaces/{deviceId}',
  appCode: false,
  parameters: [
    { name: 'deviceId', in: 'path', type: 'string', required: true, description: 'the sensor' },
    { name: 'limit', in: 'query', type: 'integer', required: true, default: '10' },
  ],
};

export const TASK = {
  name: 'ParkingHistory',
  state: 'started',
  app: 'ParkingOwner',
  topic: 'ParkingEvents',
  table: 'ParkingHistory',
  written: 1234567,
  quarantined: 2,
  batches: 1300,
  bytes: 45_600_000,
  busyMs: 90_000,
  startedAt: '2026-11-24T10:00:00.000Z',
  updatedAt: '2026-11-24T11:00:00.000Z',
  ledger: {
    accepted: 1_234_576,
    written: 1_234_567,
    quarantined: 2,
    inFlight: 7,
    lost: 0,
    doubled: 0,
    acknowledged: 0,
    addsUp: true,
    asOf: '2026-11-24T10:57:00.000Z',
  },
  shards: [
    {
      epoch: 1,
      shard: 'shardId-000000000000',
      sequenceNumber: '49',
      written: 1234567,
      quarantined: 2,
      updatedAt: '2026-11-24T11:00:00.000Z',
    },
  ],
};

export const SECRETS = {
  app: 'ParkingOwner',
  key: 'K'.repeat(20),
  secret: 'S'.repeat(40),
  appCodes: ['C'.repeat(32)],
  appCodeIds: ['0123456789abcdef'],
};
