import { expect, test } from '@jest/globals';
import { assert, property, stringMatching } from 'fast-check';
import { devicePolicies, placeOfArn } from '../../../core/link/device-policy.ts';

const PLACE = { partition: 'aws', region: 'eu-west-1', account: '123456789012' };
const DEVICE = { clientId: 'd0123456789abcdef0123', productId: 'p0a1b2c3d4e5', deviceId: 'S-001' };

const arn = (resource: string) => `arn:aws:iot:eu-west-1:123456789012:${resource}`;

test('a device may connect as itself, report, answer commands and listen to its in topic, and nothing else', () => {
  expect(devicePolicies(PLACE, DEVICE)).toEqual([
    {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'iot:Connect', Resource: arn('client/d0123456789abcdef0123') },
        {
          Effect: 'Allow',
          Action: 'iot:Publish',
          Resource: [
            arn('topic/p0a1b2c3d4e5/out/S-001'),
            arn('topic//v1/devices/d0123456789abcdef0123/commandResponse'),
          ],
        },
        { Effect: 'Allow', Action: 'iot:Subscribe', Resource: arn('topicfilter/p0a1b2c3d4e5/in/S-001') },
        { Effect: 'Allow', Action: 'iot:Receive', Resource: arn('topic/p0a1b2c3d4e5/in/S-001') },
      ],
    },
  ]);
});

test('a gateway may use its own topics of the reference besides, each in one direction', () => {
  const [, gateway] = devicePolicies(PLACE, { ...DEVICE, nodeType: 'gateway' });
  const own = (kind: string, names: readonly string[]) =>
    names.map((name) => arn(`${kind}//v1/devices/d0123456789abcdef0123/${name}`));
  const told = ['command', 'topo/addResponse', 'topo/updateResponse', 'topo/delete', 'topo/queryResponse'];

  expect(gateway?.Statement).toEqual([
    {
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: own('topic', ['datas', 'topo/add', 'topo/update', 'topo/query']),
    },
    { Effect: 'Allow', Action: 'iot:Subscribe', Resource: own('topicfilter', told) },
    { Effect: 'Allow', Action: 'iot:Receive', Resource: own('topic', told) },
  ]);
});

test('the longest names still fit into policies of 2,048 characters', () => {
  assert(
    property(stringMatching(/^[A-Za-z0-9_-]{64}$/), stringMatching(/^[A-Za-z0-9]{32}$/), (deviceId, productId) => {
      const place = { partition: 'aws-us-gov', region: 'us-gov-west-1', account: '123456789012' };
      const policies = devicePolicies(place, { ...DEVICE, productId, deviceId, nodeType: 'gateway' });

      expect(Math.max(...policies.map((policy) => JSON.stringify(policy).length))).toBeLessThanOrEqual(2048);
    }),
  );
});

test.each([
  { deviceId: '*' },
  { deviceId: 'S/1' },
  { productId: '+' },
  { clientId: '${iot:ClientId}' },
  { clientId: 'd?' },
  { deviceId: '' },
])('a name that would mean more than itself is refused: %j', (difference) => {
  expect(() => devicePolicies(PLACE, { ...DEVICE, ...difference })).toThrow('letters, digits');
});

test('the place is read from an ARN in every partition, with or without a qualifier', () => {
  expect(placeOfArn('arn:aws:lambda:eu-west-1:123456789012:function:authorize')).toEqual(PLACE);
  expect(placeOfArn('arn:aws-cn:lambda:cn-north-1:123456789012:function:authorize:live')).toEqual({
    partition: 'aws-cn',
    region: 'cn-north-1',
    account: '123456789012',
  });
});

test.each(['', 'authorize', 'arn:aws:s3:::bucket'])('%j is not the ARN of a function', (arn) => {
  expect(() => placeOfArn(arn)).toThrow('ARN');
});
